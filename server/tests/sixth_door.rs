//! A sixth contract, written against the crate's public interface alone: `tickets`, where a group is
//! a ticket and a message is a comment. It is the worked example of `docs/contracts/adding-a-door.md`.

mod common;
#[path = "across_doors/contract_driver.rs"]
mod contract_driver;

use axum::{Json, Router, routing::get};
use chat::{Chat, ConversationMeta, Error, Result};
use common::{
    client::Client,
    test_server::{TestServer, config},
};
use contract_driver::{GROUPS, Target};
use model::{ConversationKind, Event, Message, NewMessage, Problem};
use serde_json::{Value, json};
use server::{
    State,
    connections::{self, Timeouts},
    contracts::{
        ContractDocument, RestContract, auth::TokenAuth, document::token_handshake,
        fanouts::to_all, input::Input, spec,
    },
    documents::{
        asyncapi::{client_event, server_event},
        openapi,
        schema::{array, flag, nullable, object, string},
    },
    events,
    gateway::{ClientEvent, ConnectionCount, Contract, EventContext, Fanout, HandlerResult, Shows},
    problem::ApiError,
};
use sqlx::PgPool;
use std::{future::pending, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

struct Tickets;

impl Contract for Tickets {
    const DOOR: &'static str = "tickets";
    const EVENTS: &'static [ClientEvent] = events! { "comment" => on_comment };
    const SHOWS: Shows = Shows::Groups;
    const ERROR_EVENT: &'static str = "ticket_error";

    fn render_connect_error(error: &Error) -> String {
        format!("No tickets: {error}")
    }

    async fn render(_: &Chat, event: &Event, _: Option<&ConversationMeta>) -> Result<Vec<Fanout>> {
        match event {
            Event::MessageCreated { message, .. } => to_all("commented", &comment(message)),
            _ => Ok(Vec::new()),
        }
    }
}

impl RestContract for Tickets {
    const PORT: u16 = 7000;
    const FEATURES: &'static [&'static str] = &["tickets"];

    fn document() -> ContractDocument {
        let comment = || {
            object(&[
                ("ticket", string()),
                ("author", string()),
                ("text", string()),
            ])
        };
        let ticket = object(&[("ticket", string()), ("subject", nullable(string()))]);
        let new = object(&[("ticket", string()), ("text", string())]);
        let accepted = object(&[("success", flag(true)), ("comment", comment())]);
        let tickets = openapi::get("/tickets", "listTickets", "Lists the caller's tickets.");
        let on_comment = client_event("comment", "Comments on a ticket.", new, accepted);
        ContractDocument {
            description: "Groups as tickets.",
            schemas: vec![("Error", object(&[("reason", string())]))],
            operations: vec![tickets.answers(200, array(ticket))],
            handshake: token_handshake(),
            client_events: vec![on_comment],
            server_events: vec![server_event("commented", "A comment.", comment())],
            error_event: object(&[("message", string())]),
            refusal: object(&[("success", flag(false)), ("message", string())]),
        }
    }

    fn routes(_: &State, _: &ConnectionCount) -> Router<State> {
        Router::new().route("/tickets", get(tickets))
    }

    fn error_body(problem: &Problem) -> Value {
        json!({ "reason": problem.detail })
    }
}

/// `{ticket, text}`.
async fn on_comment(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    let ticket = chat
        .require_joined(caller, input.id(chat, caller, "ticket").await?)
        .await?;
    if ticket.kind == ConversationKind::Direct {
        return Err(Error::NotFound("ticket").into());
    }
    let new = NewMessage {
        body: input.text("text")?.to_owned(),
        ..NewMessage::default()
    };
    let sent = chat.send_message(caller, ticket.id, new).await?;
    Ok(json!({ "success": true, "comment": comment(&sent.message) }))
}

async fn tickets(TokenAuth { chat, caller }: TokenAuth) -> Result<Json<Value>, ApiError> {
    let heads = chat
        .conversations_of(&caller, &[ConversationKind::Group])
        .await?;
    let tickets = heads
        .iter()
        .map(|head| json!({ "ticket": head.conversation.id, "subject": head.conversation.title }));
    Ok(Json(tickets.collect()))
}

fn comment(message: &Message) -> Value {
    json!({
        "ticket": message.conversation_id,
        "author": message.sender.name,
        "text": message.body,
    })
}

/// The sixth contract on a port of its own, beside the server of the other five.
struct TicketServer {
    address: SocketAddr,
    state: State,
    closed: JoinHandle<()>,
}

impl TicketServer {
    async fn start(chat: &Chat) -> Self {
        let state = State::new(config(&["--rate-limit=off"]), chat.clone());
        let mounted = spec::<Tickets>().mount(&state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = mounted.router.with_state(state.clone());
        let limits = Arc::clone(&state.connection_limits);
        let timeouts = Timeouts::new(&state.config);
        tokio::spawn(connections::serve(
            listener,
            router,
            limits,
            timeouts,
            pending(),
        ));
        Self {
            address,
            state,
            closed: mounted.closed,
        }
    }

    async fn stop(self) {
        self.state.shutdown.cancel();
        self.closed.await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sixth_contract_shares_groups_with_the_others(db: PgPool) {
    let main = TestServer::start_with_contracts(db).await;
    let sixth = TicketServer::start(&main.chat).await;
    let ada = main.person("ada").await;
    let grace = main.person("grace").await;
    let mallory = main.person("mallory").await;
    let conversation = main.group(&[&ada, &grace]).await;
    let (id, peer) = (conversation.to_string(), ada.id());
    let target = Target { conversation, peer };
    let mut ada_client = Client::connect(sixth.address, &ada.token).await.unwrap();
    let mut grace_client = GROUPS.connect(&main, &grace, target).await;
    let mut outsider = Client::connect(sixth.address, &mallory.token).await;
    let outsider = outsider.as_mut().unwrap();

    let payload = json!({ "ticket": id, "text": "It is broken." });
    let answer = ada_client.emit_with_ack("comment", &payload).await;
    let comment = json!({ "ticket": id, "author": "ada", "text": "It is broken." });
    assert_eq!(answer, json!({ "success": true, "comment": comment }));
    assert_eq!(ada_client.next().await, ("commented".to_owned(), comment));
    let received = grace_client.wait_for("message_received").await;
    assert_eq!(received["content"], "It is broken.");

    GROUPS
        .send_text(&main, &mut grace_client, &grace, target, "It is fixed.")
        .await;
    let received = ada_client.wait_for("commented").await;
    assert_eq!(received["text"], "It is fixed.");

    let answer = outsider.emit_with_ack("comment", &payload).await;
    assert_eq!(answer["success"], false);
    let error = outsider.wait_for("ticket_error").await;
    assert_eq!(error["message"], answer["message"]);

    // Direct conversations are not shown, and outsiders receive nothing: the next event of both is
    // that of a ticket which they share.
    let direct = main.direct(&ada, &mallory).await;
    main.send(&ada, direct, "between us").await;
    main.send(&ada, conversation, "between ada and grace").await;
    let shared = main.group(&[&ada, &mallory]).await;
    main.send(&ada, shared, "marker").await;
    assert_eq!(outsider.next().await.1["text"], "marker");
    assert_eq!(ada_client.next().await.1["text"], "between ada and grace");
    assert_eq!(ada_client.next().await.1["text"], "marker");

    sixth.stop().await;
    main.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sixth_contract_has_routes_and_an_error_body(db: PgPool) {
    let main = TestServer::start(db).await;
    let sixth = TicketServer::start(&main.chat).await;
    let ada = main.person("ada").await;
    let grace = main.person("grace").await;
    let id = main.group(&[&ada, &grace]).await;
    let http = reqwest::Client::new();
    let get = async |path: &str, token: &str| -> (u16, Value) {
        let request = http.get(format!("http://{}{path}", sixth.address));
        let response = request.bearer_auth(token).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    };
    let tickets = json!([{ "ticket": id, "subject": "Planning" }]);
    assert_eq!(get("/tickets", &ada.token).await, (200, tickets));
    let (status, body) = get("/tickets", "no token").await;
    assert_eq!(status, 401);
    assert!(body["reason"].is_string(), "{body}");
    assert_eq!(get("/nowhere", &ada.token).await.0, 404);
    let (status, health) = get("/health", &ada.token).await;
    assert_eq!(
        (status, &health["features"]),
        (200, &json!({ "tickets": true }))
    );
    let (status, document) = get("/openapi.json", "").await;
    assert_eq!(status, 200);
    assert!(document["paths"]["/tickets"]["get"].is_object());
    let (status, document) = get("/asyncapi.json", "").await;
    assert_eq!(status, 200);
    assert!(document["operations"]["receive.comment"].is_object());
    sixth.stop().await;
    main.stop().await;
}
