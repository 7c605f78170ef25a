//! The contract as machines read it: schemas and routes. Its events are in `document/events.rs`.

mod events;

use crate::{
    contracts::document::{ContractDocument, enveloped, token_handshake},
    documents::{
        openapi::{Operation, delete, get, post, put},
        schema::{
            NamedSchemas, array, boolean, choice, flag, input_id, integer, nullable, object,
            reference, string, time,
        },
    },
};
use serde_json::Value;

pub fn document() -> ContractDocument {
    ContractDocument {
        description: "Direct conversations, and announcements of administrators to everybody.",
        schemas: schemas(),
        operations: operations(),
        handshake: token_handshake(),
        client_events: events::client_events(),
        server_events: events::server_events(),
        error_event: object(&[("message", string())]),
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
            object(&[("success", flag(false)), ("message", string())]),
        ),
        (
            "Done",
            object(&[("success", flag(true)), ("message", string())]),
        ),
        ("Person", object(&person_fields())),
        ("Author", object(&[("_id", id()), ("name", string())])),
        (
            "Pagination",
            object(&[
                ("page", integer()),
                ("limit", integer()),
                ("total", integer()),
            ]),
        ),
        (
            "UserStatus",
            object(&[
                ("user", reference("Person")),
                ("isOnline", boolean()),
                ("lastSeen", nullable(time())),
            ]),
        ),
        ("NewMessage", new_message("receiverId")),
        ("NewOfficialMessage", new_message("userId")),
        (
            "NewBroadcast",
            object(&[
                ("message", string()),
                ("messageType?", nullable(sent_type())),
                ("clientId?", nullable(string())),
            ]),
        ),
    ];
    schemas.extend(message_schemas());
    schemas
}

fn person_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("_id", id()),
        ("name", string()),
        ("email", nullable(string())),
        ("profilePhoto", nullable(string())),
    ]
}

fn message_type() -> Value {
    choice(&["text", "image", "file", "system"])
}

fn sent_type() -> Value {
    choice(&["text", "image", "file"])
}

fn new_message(receiver: &'static str) -> Value {
    object(&[
        (receiver, input_id()),
        ("message", string()),
        ("messageType?", nullable(sent_type())),
        ("replyTo?", nullable(input_id())),
        ("clientId?", nullable(string())),
    ])
}

fn message_schemas() -> NamedSchemas {
    let replied = object(&[
        ("_id", id()),
        ("message", string()),
        ("sender", reference("Author")),
    ]);
    let metadata = object(&[("isBroadcast", boolean()), ("isAdminMessage", boolean())]);
    let last = object(&[
        ("_id", id()),
        ("sender", reference("Author")),
        ("message", string()),
        ("messageType", message_type()),
        ("createdAt", time()),
    ]);
    vec![
        (
            "Message",
            object(&[
                ("_id", id()),
                ("conversationId", id()),
                ("sender", reference("Person")),
                ("receiver", nullable(reference("Person"))),
                ("message", string()),
                ("messageType", message_type()),
                ("isRead", boolean()),
                ("readAt?", time()),
                ("isDeleted", boolean()),
                ("replyTo?", replied),
                ("metadata", metadata),
                ("createdAt", time()),
                ("updatedAt", time()),
                ("clientId?", string()),
            ]),
        ),
        (
            "Conversation",
            object(&[
                ("_id", id()),
                ("participants", array(reference("Person"))),
                ("conversationType", choice(&["private", "admin_broadcast"])),
                ("lastMessage", nullable(last)),
                ("lastMessageAt", nullable(time())),
                ("isActive", boolean()),
                ("createdBy", reference("Author")),
                ("createdAt", time()),
                ("unreadCount", integer()),
            ]),
        ),
    ]
}

fn page(items: &str) -> Value {
    object(&[
        ("success", flag(true)),
        ("data", array(reference(items))),
        ("pagination", reference("Pagination")),
    ])
}

fn paged(operation: Operation) -> Operation {
    operation
        .query("page?", integer())
        .query("limit?", integer())
}

fn operations() -> Vec<Operation> {
    let mut operations = conversation_operations();
    operations.extend(message_operations());
    operations.extend(people_operations());
    operations
}

fn conversation_operations() -> Vec<Operation> {
    let count = object(&[("unreadCount", integer())]);
    vec![
        paged(get(
            "/api/v0/chat/conversations",
            "listConversations",
            "Lists the caller's conversations, the newest first.",
        ))
        .answers(200, page("Conversation")),
        get(
            "/api/v0/chat/unread-count",
            "countUnread",
            "Counts the caller's unread messages.",
        )
        .answers(200, enveloped(count)),
        get(
            "/api/v0/chat/conversation/{id}",
            "showConversation",
            "Shows the conversation with a user, who is named by the path.",
        )
        .description("It is created if there is none.")
        .answers(200, enveloped(reference("Conversation"))),
        paged(get(
            "/api/v0/chat/conversation/{id}/messages",
            "listMessages",
            "Lists the messages of a conversation.",
        ))
        .description("Page 1 has the newest messages; on a page the newest is last.")
        .answers(200, page("Message")),
        put(
            "/api/v0/chat/conversation/{id}/read",
            "markConversationRead",
            "Marks all messages of a conversation as read.",
        )
        .answers(200, reference("Done")),
    ]
}

fn message_operations() -> Vec<Operation> {
    let sent = || enveloped(reference("Message"));
    let broadcast = object(&[("messageCount", integer()), ("message", string())]);
    vec![
        post("/api/v0/chat/send", "sendMessage", "Sends a message.")
            .body(reference("NewMessage"))
            .answers(200, sent())
            .refuses(&[404, 409]),
        put(
            "/api/v0/chat/message/{messageId}/read",
            "markMessageRead",
            "Marks a message as read.",
        )
        .answers(200, reference("Done")),
        delete(
            "/api/v0/chat/message/{messageId}",
            "deleteMessage",
            "Deletes a message of the caller's.",
        )
        .answers(200, reference("Done")),
        post(
            "/api/v0/chat/admin/broadcast",
            "broadcast",
            "Announces something to everybody.",
        )
        .description("For administrators.")
        .body(reference("NewBroadcast"))
        .answers(200, enveloped(broadcast))
        .refuses(&[409]),
        post(
            "/api/v0/chat/admin/send-to-user",
            "sendOfficialMessage",
            "Sends an official message to a user.",
        )
        .description("For administrators.")
        .body(reference("NewOfficialMessage"))
        .answers(200, sent())
        .refuses(&[404, 409]),
    ]
}

fn people_operations() -> Vec<Operation> {
    let mut user = person_fields();
    user.push(("role", choice(&["admin", "member"])));
    let signed_in = object(&[("token", string()), ("user", object(&user))]);
    vec![
        get(
            "/api/v0/chat/online-users",
            "listOnlineUsers",
            "Lists the users who are online and share a conversation with the caller.",
        )
        .answers(200, enveloped(array(reference("UserStatus")))),
        get(
            "/api/v0/chat/user-status/{userId}",
            "showUserStatus",
            "Says whether a user is online.",
        )
        .answers(200, enveloped(reference("UserStatus"))),
        post("/api/v0/auth/login", "login", "Signs in.")
            .description(
                "`email` may be a username, too. 401 for an account with two-factor authentication: \
                 take the access token of `POST /api/v1/auth/login`.",
            )
            .tag("auth")
            .open()
            .body(object(&[("email", string()), ("password", string())]))
            .answers(200, enveloped(signed_in))
            .refuses(&[401]),
    ]
}
