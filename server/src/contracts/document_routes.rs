//! The documents of a contract: `GET /openapi.json` and `GET /asyncapi.json`.

use super::document::ContractDocument;
use crate::{
    State,
    documents::{
        asyncapi::{self, SocketAddress},
        endpoint::serve,
        openapi::{self, Operation, get},
        schema::{boolean, choice, integer, map, object, time},
    },
    gateway::Contract,
};
use axum::Router;
use serde_json::Value;

/// The `OpenAPI` document.
pub fn openapi<C: Contract>(mut document: ContractDocument) -> Value {
    document.operations.push(health());
    openapi::document(
        &format!("Parlance, the contract {}", C::DOOR),
        document.description,
        &document.operations,
        &document.schemas,
    )
}

/// The `AsyncAPI` document.
pub fn asyncapi<C: Contract>(contract: ContractDocument, port: u16) -> Value {
    let mut server_events = contract.server_events;
    let summary = "One of the client's events was refused.";
    let error = asyncapi::server_event(C::ERROR_EVENT, summary, contract.error_event);
    server_events.push(error);
    let schemas = contract.schemas.into_iter();
    let (path, namespace) = C::ENGINES.first().map_or(("/socket.io", "/"), |engine| {
        (
            engine.path,
            engine.namespaces.first().copied().unwrap_or("/"),
        )
    });
    asyncapi::Document {
        title: format!("Parlance, the contract {}", C::DOOR),
        description: format!(
            "{} These are its events over Socket.IO; `openapi.json` beside this document has its \
             REST API. An event that is refused is answered by the acknowledgement `refused` and by \
             the event `{}`. A socket without a good token gets a `connect_error`.",
            contract.description,
            C::ERROR_EVENT
        ),
        addresses: vec![
            SocketAddress {
                name: "door",
                host: format!("localhost:{port}"),
                pathname: path.to_owned(),
                description: "The contract's own port",
            },
            SocketAddress {
                name: "main",
                host: "localhost:8080".to_owned(),
                pathname: format!("/contracts/{}{path}", C::DOOR),
                description: "The main address",
            },
        ],
        namespace: namespace.to_owned(),
        handshake: contract.handshake,
        client_events: contract.client_events,
        server_events,
        refusal: contract.refusal,
        schemas: schemas.map(|(name, it)| (name.to_owned(), it)).collect(),
    }
    .render()
}

fn health() -> Operation {
    let answer = object(&[
        ("status", choice(&["ok", "unavailable"])),
        ("timestamp", time()),
        ("features", map(boolean())),
        ("socketio", object(&[("connections", integer())])),
        ("database", choice(&["up", "down"])),
    ]);
    get("/health", "health", "Says whether the server works.")
        .description("For load balancers: 200 if the database answers, 503 if it does not.")
        .tag("operation")
        .open()
        .answers(200, answer.clone())
        .answers(503, answer)
}

/// The routes of the documents.
pub fn routes<C: Contract>(document: fn() -> ContractDocument, port: u16) -> Router<State> {
    Router::new()
        .route("/openapi.json", serve(&openapi::<C>(document())))
        .route("/asyncapi.json", serve(&asyncapi::<C>(document(), port)))
}
