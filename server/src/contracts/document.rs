//! What a contract says about itself for machines, and shapes that several contracts have.

use crate::documents::{
    asyncapi::{ClientEventDocument, ServerEventDocument},
    openapi::Operation,
    schema::{NamedSchemas, flag, object, string},
};
use serde_json::Value;

/// What a contract says about itself. Routes and errors of REST that all contracts have are added.
pub struct ContractDocument {
    pub description: &'static str,
    /// Named schemas; `Id` is that of ids in paths, `Error` the body of every error over REST.
    pub schemas: NamedSchemas,
    pub operations: Vec<Operation>,
    /// `auth` of the handshake.
    pub handshake: Value,
    pub client_events: Vec<ClientEventDocument>,
    /// Without the event that reports errors, which is added.
    pub server_events: Vec<ServerEventDocument>,
    /// The payload of the event that reports errors.
    pub error_event: Value,
    /// The acknowledgement of an event that was refused.
    pub refusal: Value,
}

/// `auth` of a handshake with nothing but a token.
pub fn token_handshake() -> Value {
    object(&[("token", string())])
}

/// An acknowledgement with nothing but `success`.
pub fn success() -> Value {
    object(&[("success", flag(true))])
}

/// `{success, data}`.
pub fn enveloped(data: Value) -> Value {
    object(&[("success", flag(true)), ("data", data)])
}
