//! The contract as machines read it: schemas, routes and events.

use crate::{
    contracts::document::{ContractDocument, success, token_handshake},
    documents::{
        asyncapi::{ClientEventDocument, ServerEventDocument, client_event, server_event},
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
        client_events: client_events(),
        server_events: server_events(),
        error_event: object(&[("message", string())]),
        refusal: object(&[("success", flag(false)), ("message", string())]),
    }
}

fn schemas() -> NamedSchemas {
    let person = || reference("Person");
    vec![
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
        ("ConversationPage", page("conversations", "ConversationRow")),
        ("MessagePage", page("messages", "MessageRow")),
        ("NewMessage", new_message()),
        (
            "UnreadConversation",
            object(&[
                ("conversationId", id()),
                ("unreadCount", integer()),
                ("otherUser", person()),
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

fn client_events() -> Vec<ClientEventDocument> {
    let in_conversation = || object(&[("conversationId", input_id())]);
    let entered = || object(&[("success", flag(true)), ("conversationId", id())]);
    vec![
        client_event(
            "join_conversation",
            "Joins the room of a conversation, to receive all of it.",
            in_conversation(),
            entered(),
        ),
        client_event(
            "leave_conversation",
            "Leaves the room; notifications still come.",
            in_conversation(),
            entered(),
        ),
        client_event(
            "send_message",
            "Sends a message.",
            reference("NewMessage"),
            object(&[
                ("success", flag(true)),
                ("message", string()),
                ("data", reference("SocketMessage")),
            ]),
        ),
        client_event("typing", "The user types.", in_conversation(), success()),
        client_event(
            "stop_typing",
            "The user types no more.",
            in_conversation(),
            success(),
        ),
        client_event(
            "mark_as_read",
            "Marks all messages of a conversation as read.",
            in_conversation(),
            reference("Done"),
        ),
        client_event(
            "join_personal_room",
            "Does nothing: every socket receives its user's notifications.",
            None,
            success(),
        ),
        client_event(
            "check_online",
            "Asks which of some users are online.",
            object(&[("userIds", array(input_id()))]),
            object(&[("success", flag(true)), ("onlineUsers", array(user_id()))]),
        ),
    ]
}

fn server_events() -> Vec<ServerEventDocument> {
    let presence = |did| {
        object(&[
            ("userId", user_id()),
            ("message", choice_of(did)),
            ("conversationId", id()),
        ])
    };
    let typing = || object(&[("userId", user_id()), ("conversationId", id())]);
    vec![
        server_event(
            "new_message",
            "A message, to sockets in the room and to all of its sender's.",
            reference("SocketMessage"),
        ),
        server_event(
            "message_notification",
            "A message, to sockets of the receiver that are not in the room.",
            object(&[
                ("from", user_id()),
                ("conversationId", id()),
                ("content", string()),
                ("timestamp", time()),
            ]),
        ),
        server_event(
            "message_updated",
            "A message was edited.",
            object(&[
                ("id", id()),
                ("conversationId", id()),
                ("content", string()),
                ("editedAt", time()),
            ]),
        ),
        server_event(
            "message_deleted",
            "A message was deleted.",
            object(&[("id", id()), ("conversationId", id())]),
        ),
        server_event(
            "messages_read",
            "Somebody has read the conversation.",
            object(&[
                ("conversationId", id()),
                ("userId", user_id()),
                ("readAt", time()),
            ]),
        ),
        server_event(
            "unread_count_updated",
            "The number of the user's unread messages has changed.",
            object(&[("unreadCount", integer())]),
        ),
        server_event("user_typing", "Somebody types.", typing()),
        server_event("user_stopped_typing", "Somebody types no more.", typing()),
        server_event(
            "user_joined",
            "Somebody is in the room.",
            presence("joined"),
        ),
        server_event("user_left", "Somebody has left the room.", presence("left")),
        server_event(
            "online_status",
            "The answer to `check_online`.",
            object(&[("onlineUsers", array(user_id()))]),
        ),
    ]
}

/// A text that says what a user did.
fn choice_of(did: &str) -> Value {
    let mut text = string();
    text["pattern"] = format!("^User .+ {did} the conversation$").into();
    text
}
