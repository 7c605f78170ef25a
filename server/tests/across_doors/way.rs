//! The ways into a conversation and out of it: each contract's words for the same few things.

#![allow(dead_code, reason = "each test target takes what it needs")]

use crate::common::{
    client::{Client, request},
    house::{House, Person},
};
use model::{ConversationId, UserId};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A conversation as one of its members has it.
#[derive(Clone, Copy)]
pub struct Place {
    pub conversation: ConversationId,
    /// The other person.
    pub peer: UserId,
}

/// What a client emits.
pub type Words = fn(Place) -> (&'static str, Value);

/// What a client hears: the name of an event, and where in its payload the thing is.
pub type Heard = (&'static str, &'static str);

/// One way in and out.
pub struct Way {
    pub name: &'static str,
    /// None on the main address.
    pub door: Option<&'static str>,
    pub namespace: &'static str,
    pub auth: fn(&Person) -> Value,
    /// What a client emits before it hears a conversation.
    pub join: Option<Words>,
    pub send: fn(Place, &str) -> (&'static str, Value),
    /// A message, by its text, and its id.
    pub message: Heard,
    pub id: &'static str,
    /// Who types, if anybody says so.
    pub typing: Words,
    pub types: Heard,
    /// Marks all as read, where there are words for it; who has read.
    pub read: Option<Words>,
    pub reads: Option<Heard>,
    /// A changed and a deleted message, by its id.
    pub edited: Option<Heard>,
    pub deleted: Option<Heard>,
    pub kinds: Kinds,
}

/// Which conversations the door shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    All,
    Groups,
    Direct,
}

fn plain(person: &Person) -> Value {
    json!({ "token": person.token })
}

pub const GROUPS: Way = Way {
    name: "groups",
    door: Some("groups"),
    namespace: "/",
    auth: plain,
    join: Some(|at| ("join_group", json!(at.conversation.to_string()))),
    send: |at, text| {
        let payload = json!({ "groupId": at.conversation.to_string(), "content": text });
        ("send_message", payload)
    },
    message: ("message_received", "/content"),
    id: "/id",
    typing: |at| {
        let payload = json!({ "groupId": at.conversation.to_string() });
        ("typing_start", payload)
    },
    types: ("user_typing", "/userId"),
    read: None,
    reads: None,
    edited: Some(("message_updated", "/id")),
    deleted: Some(("message_deleted", "/messageId")),
    kinds: Kinds::Groups,
};

pub const ROOMS: Way = Way {
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
    message: ("chat:message", "/content"),
    id: "/id",
    typing: |at| {
        let payload = json!({ "roomId": at.conversation.to_string(), "isTyping": true });
        ("chat:typing", payload)
    },
    types: ("chat:typing_status", "/userId"),
    read: None,
    reads: Some(("chat:messages_read", "/userId")),
    edited: Some(("chat:message_update", "/message/id")),
    deleted: Some(("chat:message_delete", "/messageId")),
    kinds: Kinds::All,
};

pub const DIRECT: Way = Way {
    name: "direct",
    door: Some("direct"),
    namespace: "/",
    auth: plain,
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
    message: ("new_message", "/content"),
    id: "/id",
    typing: |at| ("typing", json!({ "conversationId": at.conversation.0 })),
    types: ("user_typing", "/userId"),
    read: Some(|at| {
        let payload = json!({ "conversationId": at.conversation.0 });
        ("mark_as_read", payload)
    }),
    reads: Some(("messages_read", "/userId")),
    edited: Some(("message_updated", "/id")),
    deleted: Some(("message_deleted", "/id")),
    kinds: Kinds::Direct,
};

pub const CONVERSATIONS: Way = Way {
    name: "conversations",
    door: Some("conversations"),
    namespace: "/chat",
    auth: plain,
    join: None,
    send: |at, text| {
        let id = at.conversation.to_string();
        let payload = json!({ "conversationId": id, "content": text, "type": "text" });
        ("sendMessage", payload)
    },
    message: ("newMessage", "/message/content"),
    id: "/message/_id",
    typing: |at| {
        let payload = json!({ "conversationId": at.conversation.to_string() });
        ("typing", payload)
    },
    types: ("userTyping", "/userId"),
    read: Some(|at| {
        let payload = json!({ "conversationId": at.conversation.to_string() });
        ("markConversationAsRead", payload)
    }),
    reads: Some(("conversationRead", "/readBy")),
    edited: Some(("messageUpdated", "/messageId")),
    deleted: Some(("messageDeleted", "/messageId")),
    kinds: Kinds::All,
};

pub const BROADCAST: Way = Way {
    name: "broadcast",
    door: Some("broadcast"),
    namespace: "/",
    auth: plain,
    join: None,
    send: |at, text| {
        let payload = json!({ "receiverId": at.peer.to_string(), "message": text });
        ("send_message", payload)
    },
    message: ("new_message", "/data/message"),
    id: "/data/_id",
    typing: |at| {
        let payload = json!({ "receiverId": at.peer.to_string() });
        ("typing_start", payload)
    },
    types: ("user_typing", "/senderId"),
    // By message only: see the test of reading.
    read: None,
    reads: Some(("message_read", "/readBy")),
    edited: Some(("message_updated", "/messageId")),
    deleted: Some(("message_deleted", "/messageId")),
    kinds: Kinds::Direct,
};

pub const API: Way = Way {
    name: "api",
    door: None,
    namespace: "/",
    auth: plain,
    join: None,
    send: |at, text| {
        let payload = json!({ "conversationId": at.conversation, "body": text });
        ("message:send", payload)
    },
    message: ("message:created", "/message/body"),
    id: "/message/id",
    typing: |at| {
        let payload = json!({ "conversationId": at.conversation });
        ("typing:start", payload)
    },
    types: ("typing", "/userId"),
    read: Some(|at| {
        let payload = json!({ "conversationId": at.conversation, "position": i64::MAX >> 11 });
        ("conversation:read", payload)
    }),
    reads: Some(("receipt:updated", "/userId")),
    edited: Some(("message:updated", "/message/id")),
    deleted: Some(("message:deleted", "/message/id")),
    kinds: Kinds::All,
};

/// The browser: the same socket by the session's cookie; it sends by a form here.
pub const BROWSER: Way = Way {
    name: "browser",
    auth: |_| json!({}),
    ..API
};

pub const WAYS: [Way; 7] = [
    GROUPS,
    ROOMS,
    DIRECT,
    CONVERSATIONS,
    BROADCAST,
    API,
    BROWSER,
];

impl Way {
    pub fn shows(&self, kind: Kinds) -> bool {
        self.kinds == Kinds::All || self.kinds == kind
    }

    pub fn address(&self, house: &House) -> SocketAddr {
        self.door.map_or(house.address, |door| house.doors[door])
    }

    /// A client that hears the conversation.
    pub async fn open(&self, house: &House, person: &Person, place: Place) -> Client {
        let mut request = request(self.address(house));
        if self.name == "browser" {
            let cookie = person.cookie(house).await;
            request
                .headers_mut()
                .insert("cookie", cookie.parse().unwrap());
        }
        let mut client = Client::join(request, self.namespace, &(self.auth)(person))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        // Whatever the answer is, it comes once the socket has its place in the audience, and a
        // connection is acknowledged before that.
        client.ask("anybody there", &Value::Null).await;
        if let Some(join) = self.join {
            let (event, payload) = join(place);
            let answer = client.ask(event, &payload).await;
            assert!(is_fine(&answer), "{} {event}: {answer}", self.name);
        }
        client
    }

    pub async fn say(
        &self,
        house: &House,
        client: &mut Client,
        by: &Person,
        at: Place,
        text: &str,
    ) {
        if self.name == "browser" {
            return by.submit(house, at.conversation, text).await;
        }
        let (event, payload) = (self.send)(at, text);
        let answer = client.ask(event, &payload).await;
        assert!(is_fine(&answer), "{} {event}: {answer}", self.name);
    }
}

/// Whether an acknowledgement says that it was done, in the words of any door.
pub fn is_fine(answer: &Value) -> bool {
    answer["ok"] == true || answer["success"] == true
}
