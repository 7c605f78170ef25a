//! Drivers for the socket APIs: the few things that every API can do, in the words of each.

#![allow(dead_code, reason = "each test target uses a part of it")]

use crate::common::{
    client::{Client, request},
    test_server::{Person, TestServer},
};
use model::{ConversationId, UserId};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A conversation from the point of view of one of its members.
#[derive(Clone, Copy)]
pub struct Target {
    pub conversation: ConversationId,
    /// The other person.
    pub peer: UserId,
}

/// Builds an event that a client emits: its name and its argument.
pub type Emit = fn(Target) -> (&'static str, Value);

/// A field of an event that a client receives: the event's name, and a JSON pointer into its payload.
pub type EventField = (&'static str, &'static str);

/// One API: a contract, the public API, or the public API as a browser uses it.
pub struct ContractDriver {
    pub name: &'static str,
    /// The contract with this name; None for the main address.
    pub door: Option<&'static str>,
    pub namespace: &'static str,
    /// The `auth` of the handshake.
    pub auth: fn(&Person) -> Value,
    /// What a client emits before it receives a conversation's events; None if it receives them
    /// from the start.
    pub join: Option<Emit>,
    pub send: fn(Target, &str) -> (&'static str, Value),
    /// The text of a new message.
    pub message_event: EventField,
    /// The id of the message in the same event.
    pub message_id: &'static str,
    pub start_typing: Emit,
    /// Who types.
    pub typing_event: EventField,
    /// Marks a whole conversation as read; None if the API has no such event.
    pub mark_read: Option<Emit>,
    /// Who has read.
    pub read_event: Option<EventField>,
    /// The id of a message that was edited or deleted.
    pub edited_event: Option<EventField>,
    pub deleted_event: Option<EventField>,
    pub shows: Shows,
}

/// Which conversations an API shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    All,
    Groups,
    Direct,
}

fn token_auth(person: &Person) -> Value {
    json!({ "token": person.token })
}

pub const GROUPS: ContractDriver = ContractDriver {
    name: "groups",
    door: Some("groups"),
    namespace: "/",
    auth: token_auth,
    join: Some(|at| ("join_group", json!(at.conversation.to_string()))),
    send: |at, text| {
        let payload = json!({ "groupId": at.conversation.to_string(), "content": text });
        ("send_message", payload)
    },
    message_event: ("message_received", "/content"),
    message_id: "/id",
    start_typing: |at| {
        let payload = json!({ "groupId": at.conversation.to_string() });
        ("typing_start", payload)
    },
    typing_event: ("user_typing", "/userId"),
    mark_read: None,
    read_event: None,
    edited_event: Some(("message_updated", "/id")),
    deleted_event: Some(("message_deleted", "/messageId")),
    shows: Shows::Groups,
};

pub const ROOMS: ContractDriver = ContractDriver {
    name: "rooms",
    door: Some("rooms"),
    namespace: "/chat/",
    auth: |person| json!({ "token": format!("Bearer {}", person.token), "userId": person.id().to_string() }),
    join: None,
    send: |at, text| {
        let payload =
            json!({ "roomId": at.conversation.to_string(), "content": text, "type": "TEXT" });
        ("chat:send_message", payload)
    },
    message_event: ("chat:message", "/content"),
    message_id: "/id",
    start_typing: |at| {
        let payload = json!({ "roomId": at.conversation.to_string(), "isTyping": true });
        ("chat:typing", payload)
    },
    typing_event: ("chat:typing_status", "/userId"),
    mark_read: None,
    read_event: Some(("chat:messages_read", "/userId")),
    edited_event: Some(("chat:message_update", "/message/id")),
    deleted_event: Some(("chat:message_delete", "/messageId")),
    shows: Shows::All,
};

pub const DIRECT: ContractDriver = ContractDriver {
    name: "direct",
    door: Some("direct"),
    namespace: "/",
    auth: token_auth,
    join: Some(|at| {
        let payload = json!({ "conversationId": at.conversation.0 });
        ("join_conversation", payload)
    }),
    send: |at, text| {
        let (receiver, conversation) = (at.peer.0, at.conversation.0);
        let payload =
            json!({ "receiverId": receiver, "conversationId": conversation, "content": text });
        ("send_message", payload)
    },
    message_event: ("new_message", "/content"),
    message_id: "/id",
    start_typing: |at| ("typing", json!({ "conversationId": at.conversation.0 })),
    typing_event: ("user_typing", "/userId"),
    mark_read: Some(|at| {
        let payload = json!({ "conversationId": at.conversation.0 });
        ("mark_as_read", payload)
    }),
    read_event: Some(("messages_read", "/userId")),
    edited_event: Some(("message_updated", "/id")),
    deleted_event: Some(("message_deleted", "/id")),
    shows: Shows::Direct,
};

pub const CONVERSATIONS: ContractDriver = ContractDriver {
    name: "conversations",
    door: Some("conversations"),
    namespace: "/chat",
    auth: token_auth,
    join: None,
    send: |at, text| {
        let id = at.conversation.to_string();
        let payload = json!({ "conversationId": id, "content": text, "type": "text" });
        ("sendMessage", payload)
    },
    message_event: ("newMessage", "/message/content"),
    message_id: "/message/_id",
    start_typing: |at| {
        let payload = json!({ "conversationId": at.conversation.to_string() });
        ("typing", payload)
    },
    typing_event: ("userTyping", "/userId"),
    mark_read: Some(|at| {
        let payload = json!({ "conversationId": at.conversation.to_string() });
        ("markConversationAsRead", payload)
    }),
    read_event: Some(("conversationRead", "/readBy")),
    edited_event: Some(("messageUpdated", "/messageId")),
    deleted_event: Some(("messageDeleted", "/messageId")),
    shows: Shows::All,
};

pub const BROADCAST: ContractDriver = ContractDriver {
    name: "broadcast",
    door: Some("broadcast"),
    namespace: "/",
    auth: token_auth,
    join: None,
    send: |at, text| {
        let payload = json!({ "receiverId": at.peer.to_string(), "message": text });
        ("send_message", payload)
    },
    message_event: ("new_message", "/data/message"),
    message_id: "/data/_id",
    start_typing: |at| {
        let payload = json!({ "receiverId": at.peer.to_string() });
        ("typing_start", payload)
    },
    typing_event: ("user_typing", "/senderId"),
    // `mark_message_read` takes one message, so the test of reading builds it.
    mark_read: None,
    read_event: Some(("message_read", "/readBy")),
    edited_event: Some(("message_updated", "/messageId")),
    deleted_event: Some(("message_deleted", "/messageId")),
    shows: Shows::Direct,
};

pub const API: ContractDriver = ContractDriver {
    name: "api",
    door: None,
    namespace: "/",
    auth: token_auth,
    join: None,
    send: |at, text| {
        let payload = json!({ "conversationId": at.conversation, "body": text });
        ("message:send", payload)
    },
    message_event: ("message:created", "/message/body"),
    message_id: "/message/id",
    start_typing: |at| {
        let payload = json!({ "conversationId": at.conversation });
        ("typing:start", payload)
    },
    typing_event: ("typing", "/userId"),
    mark_read: Some(|at| {
        let payload = json!({ "conversationId": at.conversation, "position": i64::MAX >> 11 });
        ("conversation:read", payload)
    }),
    read_event: Some(("receipt:updated", "/userId")),
    edited_event: Some(("message:updated", "/message/id")),
    deleted_event: Some(("message:deleted", "/message/id")),
    shows: Shows::All,
};

/// The browser: the public API with the cookie of a session. It sends messages by a form.
pub const BROWSER: ContractDriver = ContractDriver {
    name: "browser",
    auth: |_| json!({}),
    ..API
};

pub const DRIVERS: [ContractDriver; 7] = [
    GROUPS,
    ROOMS,
    DIRECT,
    CONVERSATIONS,
    BROADCAST,
    API,
    BROWSER,
];

impl ContractDriver {
    pub fn shows_kind(&self, kind: Shows) -> bool {
        self.shows == Shows::All || self.shows == kind
    }

    pub fn address(&self, server: &TestServer) -> SocketAddr {
        self.door
            .map_or(server.address, |door| server.contracts[door])
    }

    /// A client that receives the conversation's events.
    pub async fn connect(&self, server: &TestServer, person: &Person, target: Target) -> Client {
        let mut request = request(self.address(server));
        if self.name == "browser" {
            let cookie = person.cookie(server).await;
            request
                .headers_mut()
                .insert("cookie", cookie.parse().unwrap());
        }
        let mut client = Client::join(request, self.namespace, &(self.auth)(person))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        // CONNECT is acknowledged before the socket is live. An event, even one that no API has, is
        // answered after that.
        client.emit_with_ack("no such event", &Value::Null).await;
        if let Some(join) = self.join {
            let (event, payload) = join(target);
            let answer = client.emit_with_ack(event, &payload).await;
            assert!(is_success(&answer), "{} {event}: {answer}", self.name);
        }
        client
    }

    /// Sends a message as the person whose client it is, and asserts success.
    pub async fn send_text(
        &self,
        server: &TestServer,
        client: &mut Client,
        sender: &Person,
        at: Target,
        text: &str,
    ) {
        if self.name == "browser" {
            return sender.submit(server, at.conversation, text).await;
        }
        let (event, payload) = (self.send)(at, text);
        let answer = client.emit_with_ack(event, &payload).await;
        assert!(is_success(&answer), "{} {event}: {answer}", self.name);
    }
}

/// Whether an acknowledgement of any API reports success.
pub fn is_success(answer: &Value) -> bool {
    answer["ok"] == true || answer["success"] == true
}
