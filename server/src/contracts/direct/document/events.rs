//! The events of the contract.

use crate::{
    contracts::document::success,
    documents::{
        asyncapi::{ClientEventDocument, ServerEventDocument, client_event, server_event},
        schema::{array, flag, input_id, integer, object, reference, string, time},
    },
};
use serde_json::Value;

fn id() -> Value {
    integer()
}

fn user_id() -> Value {
    reference("UserId")
}

pub fn client_events() -> Vec<ClientEventDocument> {
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

pub fn server_events() -> Vec<ServerEventDocument> {
    let mut events = message_events();
    events.extend(people_events());
    events
}

fn people_events() -> Vec<ServerEventDocument> {
    let presence = |did| {
        object(&[
            ("userId", user_id()),
            ("message", choice_of(did)),
            ("conversationId", id()),
        ])
    };
    let typing = || object(&[("userId", user_id()), ("conversationId", id())]);
    vec![
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

fn message_events() -> Vec<ServerEventDocument> {
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
    ]
}

/// A text that says what a user did.
fn choice_of(did: &str) -> Value {
    let mut text = string();
    text["pattern"] = format!("^User .+ {did} the conversation$").into();
    text
}
