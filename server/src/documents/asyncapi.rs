//! `AsyncAPI` documents of Socket.IO: tables of events, and the document that they make.
//!
//! A document speaks as the server: it *receives* the events of clients, each answered by an
//! acknowledgement, and *sends* its own. `payload` is the first argument of an event, and the only
//! one of all that the server sends.

use super::openapi::info;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// An event that clients emit.
pub struct ClientEventDocument {
    pub name: &'static str,
    summary: &'static str,
    /// None where the event takes no argument.
    payload: Option<Value>,
    acknowledgement: Value,
}

/// An event that the server emits.
pub struct ServerEventDocument {
    pub name: Cow<'static, str>,
    summary: String,
    payload: Value,
}

/// An event that clients emit, with its first argument and its acknowledgement.
pub fn client_event(
    name: &'static str,
    summary: &'static str,
    payload: impl Into<Option<Value>>,
    acknowledgement: Value,
) -> ClientEventDocument {
    ClientEventDocument {
        name,
        summary,
        payload: payload.into(),
        acknowledgement,
    }
}

pub fn server_event(
    name: impl Into<Cow<'static, str>>,
    summary: impl Into<String>,
    payload: Value,
) -> ServerEventDocument {
    ServerEventDocument {
        name: name.into(),
        summary: summary.into(),
        payload,
    }
}

/// Where sockets connect.
pub struct SocketAddress {
    pub name: &'static str,
    pub host: String,
    pub pathname: String,
    pub description: &'static str,
}

/// All that a document says.
pub struct Document {
    pub title: String,
    pub description: String,
    pub addresses: Vec<SocketAddress>,
    pub namespace: String,
    /// The schema of `auth` in the handshake.
    pub handshake: Value,
    pub client_events: Vec<ClientEventDocument>,
    pub server_events: Vec<ServerEventDocument>,
    /// The acknowledgement of an event that was refused.
    pub refusal: Value,
    pub schemas: Map<String, Value>,
}

const CHANNEL: &str = "#/channels/socket";

impl Document {
    pub fn render(&self) -> Value {
        let mut messages = Messages::default();
        let mut operations = Map::new();
        let connect = "The packet CONNECT of Socket.IO: authenticates the socket.";
        let message = messages.add("connect", "CONNECT", connect, Some(&self.handshake));
        operations.insert(
            "connect".to_owned(),
            operation("receive", connect, &message),
        );
        let refused = "The acknowledgement of an event that was refused.";
        let refused = messages.add("refused", "refused", refused, Some(&self.refusal));
        for event in &self.client_events {
            let key = key(event.name);
            let message = messages.add(&key, event.name, event.summary, event.payload.as_ref());
            let ack = messages.add(
                &format!("{key}.ack"),
                &format!("{} (acknowledgement)", event.name),
                "The acknowledgement of an event that was accepted.",
                Some(&event.acknowledgement),
            );
            let mut receive = operation("receive", event.summary, &message);
            receive["reply"] = json!({
                "channel": { "$ref": CHANNEL },
                "messages": [ack, refused],
            });
            operations.insert(format!("receive.{key}"), receive);
        }
        for event in &self.server_events {
            let key = format!("server.{}", key(&event.name));
            let message = messages.add(&key, &event.name, &event.summary, Some(&event.payload));
            let send = operation("send", &event.summary, &message);
            operations.insert(key.replacen("server", "send", 1), send);
        }
        self.with_messages(&messages, &operations)
    }

    fn with_messages(&self, messages: &Messages, operations: &Map<String, Value>) -> Value {
        let servers: Map<_, _> = self
            .addresses
            .iter()
            .map(|it| (it.name.to_owned(), server(it)))
            .collect();
        json!({
            "asyncapi": "3.0.0",
            "info": info(&self.title, &self.description),
            "defaultContentType": "application/json",
            "servers": servers,
            "channels": {
                "socket": {
                    "address": self.namespace,
                    "title": "The namespace of Socket.IO",
                    "messages": messages.references,
                },
            },
            "operations": operations,
            "components": {
                "schemas": self.schemas,
                "messages": messages.messages,
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "An access token, in `auth` of the handshake",
                    },
                },
            },
        })
    }
}

fn server(address: &SocketAddress) -> Value {
    json!({
        "host": "{host}",
        "pathname": address.pathname,
        "protocol": "ws",
        "description": address.description,
        "variables": { "host": { "default": address.host } },
        "security": [{ "$ref": "#/components/securitySchemes/token" }],
    })
}

fn operation(action: &str, summary: &str, message: &Value) -> Value {
    json!({
        "action": action,
        "channel": { "$ref": CHANNEL },
        "summary": summary,
        "messages": [message],
    })
}

/// The name of an event as a key of a document, which may not have colons.
fn key(name: &str) -> String {
    name.replace(':', ".")
}

/// The messages of the document, and the references of the channel to them.
#[derive(Default)]
struct Messages {
    messages: Map<String, Value>,
    references: Map<String, Value>,
}

impl Messages {
    /// Adds a message; the answer is the reference of an operation to it.
    fn add(&mut self, key: &str, name: &str, summary: &str, payload: Option<&Value>) -> Value {
        let mut message = json!({ "name": name, "title": name, "summary": summary });
        if let Some(payload) = payload {
            message["payload"] = payload.clone();
        }
        self.messages.insert(key.to_owned(), message);
        let component = format!("#/components/messages/{key}");
        self.references
            .insert(key.to_owned(), json!({ "$ref": component }));
        json!({ "$ref": format!("{CHANNEL}/messages/{key}") })
    }
}
