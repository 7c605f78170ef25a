//! The events of the contract.

use crate::{
    contracts::document::{enveloped, success},
    documents::{
        asyncapi::{ClientEventDocument, ServerEventDocument, client_event, server_event},
        schema::{boolean, choice, flag, input_id, integer, object, reference, string, time},
    },
};
use serde_json::Value;

fn id() -> Value {
    string()
}

pub fn client_events() -> Vec<ClientEventDocument> {
    let to_receiver = || object(&[("receiverId", input_id())]);
    let in_conversation = || object(&[("conversationId", input_id())]);
    let entered = || object(&[("success", flag(true)), ("conversationId", id())]);
    let sent = || enveloped(reference("Message"));
    vec![
        client_event(
            "send_message",
            "Sends a message.",
            reference("NewMessage"),
            sent(),
        ),
        client_event("typing_start", "The user types.", to_receiver(), success()),
        client_event(
            "typing_stop",
            "The user types no more.",
            to_receiver(),
            success(),
        ),
        client_event(
            "mark_message_read",
            "Marks a message as read.",
            object(&[("messageId", input_id())]),
            reference("Done"),
        ),
        client_event(
            "admin_broadcast",
            "Announces something to everybody. For administrators.",
            reference("NewBroadcast"),
            broadcast_sent(),
        ),
        client_event(
            "admin_message_user",
            "Sends an official message. For administrators.",
            reference("NewOfficialMessage"),
            sent(),
        ),
        client_event(
            "join_conversation",
            "Accepted, and not needed: all events come to all sockets of the two users.",
            in_conversation(),
            entered(),
        ),
        client_event(
            "leave_conversation",
            "Accepted. The events still come.",
            in_conversation(),
            entered(),
        ),
    ]
}

fn broadcast_sent() -> Value {
    object(&[("success", flag(true)), ("messageCount", integer())])
}

pub fn server_events() -> Vec<ServerEventDocument> {
    let mut events = message_events();
    events.extend(broadcast_events());
    events
}

fn message_events() -> Vec<ServerEventDocument> {
    let message = || enveloped(reference("Message"));
    vec![
        server_event("new_message", "A message to the user.", message()),
        server_event(
            "message_sent",
            "A message of the user's own, to all of the user's sockets.",
            message(),
        ),
        server_event(
            "conversation_updated",
            "The newest message of a conversation, to both users; an announcement, to everybody.",
            object(&[
                ("conversationId", id()),
                ("lastMessage", reference("Message")),
            ]),
        ),
        server_event(
            "message_updated",
            "A message was edited.",
            object(&[
                ("messageId", id()),
                ("conversationId", id()),
                ("message", string()),
                ("updatedAt", time()),
            ]),
        ),
        server_event(
            "message_deleted",
            "A message was deleted.",
            object(&[("messageId", id()), ("conversationId", id())]),
        ),
        server_event(
            "message_read",
            "A message of the user's was read.",
            object(&[
                ("messageId", id()),
                ("readBy", id()),
                ("readAt", time()),
                ("conversationId", id()),
            ]),
        ),
        server_event(
            "user_typing",
            "Somebody types, or no more.",
            object(&[
                ("senderId", id()),
                ("senderName", string()),
                ("isTyping", boolean()),
                ("conversationId", id()),
            ]),
        ),
        server_event(
            "user_status_update",
            "Somebody is online or offline now.",
            object(&[
                ("userId", id()),
                ("isOnline", boolean()),
                ("timestamp", time()),
            ]),
        ),
    ]
}

fn broadcast_events() -> Vec<ServerEventDocument> {
    let fields = [
        ("_id", id()),
        ("conversationId", id()),
        ("message", string()),
        ("messageType", choice(&["text", "image", "file", "system"])),
        ("sentBy", string()),
        ("sentAt", time()),
        ("messageCount", integer()),
    ];
    let mut announcement = fields.to_vec();
    announcement.push(("success", flag(true)));
    announcement.push(("data", object(&fields)));
    vec![
        server_event(
            "admin_broadcast",
            "An announcement. Those that were made while the user was away come first.",
            object(&announcement),
        ),
        server_event(
            "broadcast_sent",
            "The answer to `admin_broadcast`.",
            broadcast_sent(),
        ),
        server_event(
            "admin_message_sent",
            "The answer to `admin_message_user`.",
            enveloped(reference("Message")),
        ),
    ]
}
