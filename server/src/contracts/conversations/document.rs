//! The contract as machines read it: schemas and routes. Its events are in `document/events.rs`.

mod events;

use crate::{
    contracts::document::{ContractDocument, success, token_handshake},
    documents::{
        openapi::{Operation, delete, get, post},
        schema::{
            NamedSchemas, any_of, array, boolean, choice, flag, input_id, integer, map, nullable,
            object, reference, string, time,
        },
    },
};
use serde_json::Value;

pub fn document() -> ContractDocument {
    let cause = object(&[("pattern", string())]);
    ContractDocument {
        description: "Direct conversations, groups and channels.",
        schemas: schemas(),
        operations: operations(),
        handshake: token_handshake(),
        client_events: events::client_events(),
        server_events: events::server_events(),
        error_event: object(&[
            ("status", choice(&["error"])),
            ("message", string()),
            ("cause", cause),
        ]),
        refusal: object(&[("success", flag(false)), ("message", string())]),
    }
}

fn id() -> Value {
    string()
}

fn schemas() -> NamedSchemas {
    let mut schemas = vec![
        ("Id", id()),
        (
            "Error",
            object(&[
                ("statusCode", integer()),
                ("message", any_of(&[string(), array(string())])),
                ("error", string()),
            ]),
        ),
        ("Success", success()),
        (
            "Person",
            object(&[
                ("_id", id()),
                ("name", string()),
                ("username", string()),
                ("avatar?", string()),
            ]),
        ),
    ];
    schemas.extend(message_schemas());
    schemas.push(("Conversation", conversation()));
    schemas.push(("NewConversation", new_conversation()));
    schemas
}

fn message_type() -> Value {
    choice(&["text", "image", "file", "audio", "video", "system"])
}

fn status() -> Value {
    choice(&["sent", "delivered", "read"])
}

fn message_schemas() -> NamedSchemas {
    let reader = object(&[("userId", id()), ("readAt", time())]);
    vec![
        (
            "Message",
            object(&[
                ("_id", id()),
                ("sender", reference("Person")),
                ("content", string()),
                ("conversationId", id()),
                ("type", message_type()),
                ("status", status()),
                ("attachments", array(string())),
                ("readBy", array(reader)),
                ("isDeleted", boolean()),
                ("createdAt", time()),
                ("updatedAt", time()),
                ("replyTo?", id()),
                ("deletedAt?", time()),
            ]),
        ),
        (
            "LastMessage",
            object(&[
                ("_id", id()),
                ("sender", reference("Person")),
                ("content", string()),
                ("conversationId", id()),
                ("type", message_type()),
                ("status", status()),
                ("isDeleted", boolean()),
                ("createdAt", time()),
            ]),
        ),
    ]
}

fn conversation() -> Value {
    object(&[
        ("_id", id()),
        ("type", choice(&["direct", "group", "channel"])),
        ("participants", array(reference("Person"))),
        ("createdBy", nullable(id())),
        (
            "participantMetadata",
            map(object(&[("unreadCount", integer())])),
        ),
        ("admins", array(id())),
        ("isArchived", boolean()),
        ("createdAt", time()),
        ("updatedAt", time()),
        ("name?", string()),
        ("avatar?", string()),
        ("description?", string()),
        ("lastMessage?", reference("LastMessage")),
        ("lastMessageAt?", time()),
    ])
}

fn new_conversation() -> Value {
    object(&[
        ("type", choice(&["direct", "group", "channel"])),
        ("participants", array(input_id())),
        ("name?", nullable(string())),
        ("description?", nullable(string())),
        ("clientId?", nullable(string())),
    ])
}

fn operations() -> Vec<Operation> {
    const ALL: &str = "/chats/conversations";
    const ONE: &str = "/chats/conversations/{conversationId}";
    let conversation = || reference("Conversation");
    vec![
        get(
            ALL,
            "listConversations",
            "Lists the caller's conversations.",
        )
        .answers(200, array(conversation())),
        post(ALL, "createConversation", "Creates a conversation.")
            .description("An existing direct conversation is answered.")
            .body(reference("NewConversation"))
            .answers(201, conversation())
            .refuses(&[404, 409]),
        get(ONE, "showConversation", "Shows a conversation.").answers(200, conversation()),
        get(
            "/chats/conversations/{conversationId}/messages",
            "listMessages",
            "Lists the messages before one, the newest first.",
        )
        .description("Without `before`, the newest ones, which then count as delivered.")
        .query("before?", string())
        .query("limit?", integer())
        .answers(200, array(reference("Message"))),
        post(
            "/chats/conversations/{conversationId}/read",
            "markRead",
            "Marks all messages as read.",
        )
        .answers(201, reference("Success")),
        post(
            "/chats/conversations/{conversationId}/participants",
            "addParticipants",
            "Adds participants.",
        )
        .body(object(&[("participants", array(input_id()))]))
        .answers(201, conversation()),
        delete(
            "/chats/conversations/{conversationId}/participants/{userId}",
            "removeParticipant",
            "Removes a participant.",
        )
        .answers(200, conversation())
        .refuses(&[409]),
        post(
            "/chats/conversations/{conversationId}/leave",
            "leave",
            "Leaves a conversation.",
        )
        .answers(201, reference("Success"))
        .refuses(&[409]),
        delete(
            "/chats/messages/{messageId}",
            "deleteMessage",
            "Deletes a message of the caller's.",
        )
        .answers(200, reference("Message")),
    ]
}
