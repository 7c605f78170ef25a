//! The contract as machines read it: schemas and routes. Its events are in `document/events.rs`.

mod events;

use crate::{
    contracts::document::{ContractDocument, token_handshake},
    documents::{
        openapi::{Operation, delete, get, post, put},
        schema::{
            NamedSchemas, array, boolean, described, flag, input_id, integer, nullable, object,
            reference, string, time,
        },
    },
};
use serde_json::Value;

pub fn document() -> ContractDocument {
    ContractDocument {
        description: "Direct conversations of two people. Ids are numbers, but for those that an app has given its users.",
        schemas: schemas(),
        operations: operations(),
        handshake: token_handshake(),
        client_events: events::client_events(),
        server_events: events::server_events(),
        error_event: object(&[("message", string())]),
        refusal: object(&[("success", flag(false)), ("message", string())]),
    }
}

fn schemas() -> NamedSchemas {
    let mut schemas = row_schemas();
    schemas.extend([
        ("Id", id()),
        (
            "UserId",
            described(
                input_id(),
                "The id that the client's app has given; a number where it is one.",
            ),
        ),
        ("Error", object(&[("error", string()), ("UA?", boolean())])),
        (
            "Done",
            object(&[("success", flag(true)), ("message", string())]),
        ),
        (
            "Person",
            object(&[
                ("id", user_id()),
                ("name", string()),
                ("profile_photo", nullable(string())),
                ("username", string()),
                ("profile_name", string()),
            ]),
        ),
        ("ConversationPage", page("conversations", "ConversationRow")),
        ("MessagePage", page("messages", "MessageRow")),
        ("NewMessage", new_message()),
        (
            "UnreadConversation",
            object(&[
                ("conversationId", id()),
                ("unreadCount", integer()),
                ("otherUser", reference("Person")),
            ]),
        ),
    ]);
    schemas
}

/// Messages and conversations.
fn row_schemas() -> NamedSchemas {
    let person = || reference("Person");
    vec![
        (
            "SocketMessage",
            object(&[
                ("id", id()),
                ("senderId", user_id()),
                ("receiverId", user_id()),
                ("conversationId", id()),
                ("content", string()),
                ("attachmentUrl", nullable(string())),
                ("isRead", boolean()),
                ("createdAt", time()),
                ("sender", person()),
                ("clientId?", string()),
            ]),
        ),
        (
            "MessageRow",
            object(&[
                ("id", id()),
                ("sender_id", user_id()),
                ("receiver_id", user_id()),
                ("conversation_id", id()),
                ("content", string()),
                ("attachment_url", nullable(string())),
                ("is_read", boolean()),
                ("read_at", nullable(time())),
                ("deletedAt", nullable(time())),
                ("createdAt", time()),
                ("updatedAt", time()),
                ("sender", person()),
                ("receiver", person()),
            ]),
        ),
        (
            "ConversationRow",
            object(&[
                ("id", id()),
                ("participant_1_id", user_id()),
                ("participant_2_id", user_id()),
                ("last_message", nullable(string())),
                ("last_message_at", nullable(time())),
                ("createdAt", time()),
                ("updatedAt", time()),
                ("participant1", person()),
                ("participant2", person()),
            ]),
        ),
    ]
}

fn id() -> Value {
    integer()
}

fn user_id() -> Value {
    reference("UserId")
}

fn new_message() -> Value {
    object(&[
        ("receiverId?", input_id()),
        ("conversationId?", input_id()),
        ("content", string()),
        ("attachmentUrl?", nullable(string())),
        ("clientId?", nullable(string())),
    ])
}

fn page(name: &'static str, items: &str) -> Value {
    let data = object(&[
        (name, array(reference(items))),
        ("total", integer()),
        ("page", integer()),
        ("totalPages", integer()),
    ]);
    object(&[("success", flag(true)), ("data", data)])
}

fn paged(operation: Operation) -> Operation {
    operation
        .query("page?", integer())
        .query("limit?", integer())
}

fn operations() -> Vec<Operation> {
    let sent = object(&[
        ("success", flag(true)),
        ("message", string()),
        ("data", reference("MessageRow")),
    ]);
    let unread = object(&[
        ("success", flag(true)),
        ("data", array(reference("UnreadConversation"))),
    ]);
    vec![
        post("/api/chat/send", "sendMessage", "Sends a message.")
            .description(
                "To a person or into a conversation. A retry with the same `clientId` answers 200 \
                 with the first result.",
            )
            .body(reference("NewMessage"))
            .answers(201, sent.clone())
            .answers(200, sent)
            .refuses(&[404, 409]),
        paged(get(
            "/api/chat/conversations",
            "listConversations",
            "Lists the caller's conversations, the newest first.",
        ))
        .answers(200, reference("ConversationPage")),
        paged(get(
            "/api/chat/conversations/{id}/messages",
            "listMessages",
            "Lists the messages of a conversation.",
        ))
        .description("Page 1 has the oldest messages.")
        .answers(200, reference("MessagePage")),
        put(
            "/api/chat/conversations/{id}/read",
            "markRead",
            "Marks all messages of a conversation as read.",
        )
        .answers(200, reference("Done")),
        paged(get(
            "/api/chat/conversations/{id}/search",
            "searchMessages",
            "Searches the messages of a conversation.",
        ))
        .query("q", string())
        .answers(200, reference("MessagePage")),
        get(
            "/api/chat/unread-count",
            "countUnread",
            "Counts the caller's unread messages.",
        )
        .answers(
            200,
            object(&[("success", flag(true)), ("unreadCount", integer())]),
        ),
        get(
            "/api/chat/unread",
            "listUnread",
            "Lists the conversations with unread messages.",
        )
        .answers(200, unread),
        delete(
            "/api/chat/messages/{id}",
            "deleteMessage",
            "Deletes a message of the caller's.",
        )
        .answers(200, reference("Done"))
        .refuses(&[409]),
    ]
}
