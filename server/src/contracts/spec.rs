//! What it takes to serve a contract: its name, its port, its routes and its sockets. Which
//! conversations it shows, which events it takes and how errors look on sockets are in the trait
//! `Contract` (`gateway/contract.rs`).

use super::{document::ContractDocument, document_routes, health, rest};
use crate::{
    State,
    gateway::{self, ConnectionCount, Contract},
};
use axum::Router;
use model::Problem;
use serde_json::Value;
use tokio::task::JoinHandle;

/// A contract with a port and REST routes.
pub trait RestContract: Contract {
    /// The default port, taken from the contract's own documentation.
    const PORT: u16;

    /// What `GET /health` lists as `features`.
    const FEATURES: &'static [&'static str];

    /// The contract as machines read it: what `/openapi.json` and `/asyncapi.json` have.
    fn document() -> ContractDocument;

    /// The routes beside `/health` and the paths of Engine.IO.
    fn routes(state: &State, connections: &ConnectionCount) -> Router<State>;

    /// The body of an error response. It is used for every error on the port: of handlers, of
    /// unknown paths and methods, of bodies that are too large, and of panics.
    fn error_body(problem: &Problem) -> Value;
}

/// A contract that can be mounted.
#[derive(Debug)]
pub struct ContractSpec {
    pub name: &'static str,
    /// The default port.
    pub port: u16,
    mount: fn(&State) -> MountedContract,
}

pub const fn spec<C: RestContract>() -> ContractSpec {
    ContractSpec {
        name: C::DOOR,
        port: C::PORT,
        mount: mount::<C>,
    }
}

/// A contract that takes connections.
pub struct MountedContract {
    pub name: &'static str,
    pub router: Router<State>,
    /// Ends when the contract's gateway has closed, at most 6 s after closing began:
    /// `MountedGateway::closed`.
    pub closed: JoinHandle<()>,
}

impl ContractSpec {
    pub fn mount(&self, state: &State) -> MountedContract {
        (self.mount)(state)
    }
}

fn mount<C: RestContract>(state: &State) -> MountedContract {
    let sockets = gateway::open::<C>(state);
    let routes = C::routes(state, &sockets.connections)
        .merge(health::routes(sockets.connections, C::FEATURES))
        .merge(document_routes::routes::<C>(C::document, C::PORT));
    MountedContract {
        name: C::DOOR,
        router: rest::router(
            routes,
            sockets.router,
            C::error_body,
            (C::USER_IDS, C::DOOR),
            state,
        ),
        closed: sockets.closed,
    }
}
