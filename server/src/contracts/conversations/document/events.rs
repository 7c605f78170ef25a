//! The events of the contract.

use crate::{
    contracts::document::success,
    documents::{
        asyncapi::{ClientEventDocument, ServerEventDocument, client_event, server_event},
        schema::{
            any_of, array, choice, flag, input_id, integer, nullable, object, reference, string,
            time,
        },
    },
};
use serde_json::Value;

fn id() -> Value {
    string()
}

pub fn client_events() -> Vec<ClientEventDocument> {
    let in_conversation = || object(&[("conversationId", input_id())]);
    let new_message = object(&[
        ("conversationId", input_id()),
        ("content", string()),
        (
            "type?",
            nullable(choice(&["text", "image", "file", "audio", "video"])),
        ),
        ("replyTo?", nullable(input_id())),
        ("tempId?", any_of(&[string(), integer(), null()])),
        ("attachments?", nullable(array(string()))),
    ]);
    vec![
        client_event(
            "createConversation",
            "Creates a conversation.",
            reference("NewConversation"),
            object(&[
                ("success", flag(true)),
                ("conversation", reference("Conversation")),
            ]),
        ),
        client_event(
            "joinRoom",
            "Checks the membership: the socket is in the room already.",
            in_conversation(),
            object(&[("success", flag(true)), ("conversationId", id())]),
        ),
        client_event(
            "sendMessage",
            "Sends a message. A retry with the same `tempId` is answered with the first result.",
            new_message,
            object(&[("success", flag(true)), ("message", reference("Message"))]),
        ),
        client_event("typing", "The user types.", in_conversation(), success()),
        client_event(
            "stopTyping",
            "The user types no more.",
            in_conversation(),
            success(),
        ),
        client_event(
            "markAsRead",
            "Marks a message and all before it as read.",
            object(&[("conversationId", input_id()), ("messageId", input_id())]),
            success(),
        ),
        client_event(
            "markConversationAsRead",
            "Marks all messages as read.",
            in_conversation(),
            success(),
        ),
        client_event(
            "getOnlineUsers",
            "Asks who is online.",
            None,
            object(&[("onlineUsers", array(id()))]),
        ),
    ]
}

fn null() -> Value {
    serde_json::json!({ "type": "null" })
}

pub fn server_events() -> Vec<ServerEventDocument> {
    let mut events = message_events();
    events.extend(people_events());
    events
}

fn message_events() -> Vec<ServerEventDocument> {
    let receipt = |by: &'static str, at: &'static str| {
        object(&[
            ("messageId", id()),
            ("conversationId", id()),
            (by, id()),
            (at, time()),
        ])
    };
    vec![
        server_event(
            "newMessage",
            "A message.",
            object(&[("message", reference("Message")), ("conversationId", id())]),
        ),
        server_event(
            "messageSent",
            "The answer to `sendMessage`.",
            object(&[
                ("messageId", id()),
                ("tempId?", any_of(&[string(), integer()])),
            ]),
        ),
        server_event(
            "messageUpdated",
            "A message was edited.",
            object(&[
                ("messageId", id()),
                ("conversationId", id()),
                ("content", string()),
                ("updatedAt", time()),
            ]),
        ),
        server_event(
            "messageDeleted",
            "A message was deleted.",
            object(&[("messageId", id()), ("conversationId", id())]),
        ),
        server_event(
            "messageDelivered",
            "A message has reached somebody.",
            receipt("deliveredTo", "deliveredAt"),
        ),
        server_event(
            "messageRead",
            "Somebody has read a message.",
            receipt("readBy", "readAt"),
        ),
        server_event(
            "conversationRead",
            "Somebody has read all messages.",
            object(&[
                ("conversationId", id()),
                ("readBy", id()),
                ("readAt", time()),
            ]),
        ),
        server_event(
            "conversationCreated",
            "The user is a member of a conversation now.",
            reference("Conversation"),
        ),
    ]
}

fn people_events() -> Vec<ServerEventDocument> {
    vec![
        server_event(
            "onlineUsers",
            "Who is online: the first event of a socket, and the answer to `getOnlineUsers`.",
            array(id()),
        ),
        server_event(
            "userTyping",
            "Somebody types.",
            object(&[
                ("userId", id()),
                ("conversationId", id()),
                ("username", string()),
            ]),
        ),
        server_event(
            "userStoppedTyping",
            "Somebody types no more.",
            object(&[("userId", id()), ("conversationId", id())]),
        ),
        server_event(
            "userStatusChanged",
            "Somebody is online or offline now.",
            object(&[
                ("userId", id()),
                ("status", choice(&["online", "offline"])),
                ("timestamp", time()),
            ]),
        ),
    ]
}
