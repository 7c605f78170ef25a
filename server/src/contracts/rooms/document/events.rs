//! The events of the contract.

use crate::{
    contracts::document::success,
    documents::{
        asyncapi::{ClientEventDocument, ServerEventDocument, client_event, server_event},
        schema::{
            array, boolean, choice, flag, input_id, integer, nullable, object, reference, string,
            time,
        },
    },
};
use serde_json::Value;

fn id() -> Value {
    string()
}

fn status() -> Value {
    choice(&["online", "away", "offline"])
}

/// An acknowledgement with these fields and `success`.
fn accepted(fields: &[(&'static str, Value)]) -> Value {
    let mut fields = fields.to_vec();
    fields.push(("success", flag(true)));
    object(&fields)
}

pub fn client_events() -> Vec<ClientEventDocument> {
    let mut events = message_events();
    events.extend(room_events());
    events
}

fn message_events() -> Vec<ClientEventDocument> {
    let message = || accepted(&[("message", reference("Message"))]);
    let new = object(&[
        ("roomId", input_id()),
        ("content", string()),
        ("type?", nullable(choice(&["TEXT", "FILE", "IMAGE"]))),
        ("replyTo?", nullable(input_id())),
        ("clientId?", nullable(string())),
    ]);
    vec![
        client_event("chat:send_message", "Sends a message.", new, message()),
        client_event(
            "chat:update_message",
            "Edits a message of the user's.",
            object(&[("messageId", input_id()), ("content", string())]),
            message(),
        ),
        client_event(
            "chat:delete_message",
            "Deletes a message: the payload is its id.",
            input_id(),
            accepted(&[("roomId", id()), ("messageId", id())]),
        ),
        client_event(
            "chat:typing",
            "The user types, or no more.",
            object(&[("roomId", input_id()), ("isTyping", boolean())]),
            success(),
        ),
        client_event(
            "chat:mark_read",
            "Marks a room as read: the payload is its id.",
            input_id(),
            accepted(&[("roomId", id()), ("unreadCount", integer())]),
        ),
    ]
}

fn room_events() -> Vec<ClientEventDocument> {
    let favorite = object(&[("type", choice(&["ROOM", "USER"])), ("id", input_id())]);
    vec![
        client_event(
            "chat:join",
            "Joins a room again after `chat:leave`: the payload is its id.",
            input_id(),
            accepted(&[("roomId", id())]),
        ),
        client_event(
            "chat:leave",
            "The socket leaves a room, its user remains a member: the payload is its id.",
            input_id(),
            accepted(&[("roomId", id())]),
        ),
        client_event(
            "chat:presence",
            "Chooses a presence: the payload is the status.",
            status(),
            accepted(&[("status", status())]),
        ),
        client_event(
            "chat:start_direct",
            "Starts a room of two: the payload is the id of the other user.",
            input_id(),
            accepted(&[("roomId", id()), ("room", reference("Room"))]),
        ),
        client_event(
            "chat:toggle_favorite",
            "Adds a favorite, or removes it.",
            favorite,
            accepted(&[("isFavorite", boolean())]),
        ),
        client_event(
            "chat:get_init_data",
            "Asks for `chat:init_data` again.",
            None,
            success(),
        ),
    ]
}

pub fn server_events() -> Vec<ServerEventDocument> {
    let mut events = list_events();
    events.extend(live_events());
    events
}

/// Events with whole lists.
fn list_events() -> Vec<ServerEventDocument> {
    let rooms = || array(reference("Room"));
    let people = || array(reference("Contact"));
    let favorites = || array(reference("Favorite"));
    vec![
        server_event(
            "chat:init_data",
            "The first event of a socket: rooms, people and favorites.",
            object(&[
                ("rooms", rooms()),
                ("people", people()),
                ("favorites", favorites()),
            ]),
        ),
        server_event(
            "chat:room_list_update",
            "The user's rooms have changed.",
            rooms(),
        ),
        server_event(
            "chat:people_list_update",
            "The people whom the user shares rooms with have changed.",
            people(),
        ),
        server_event(
            "chat:favorites_update",
            "The user's favorites have changed.",
            favorites(),
        ),
    ]
}

fn live_events() -> Vec<ServerEventDocument> {
    vec![
        server_event("chat:message", "A message.", reference("Message")),
        server_event(
            "chat:message_update",
            "A message was edited, or its reactions have changed.",
            object(&[("roomId", id()), ("message", reference("Message"))]),
        ),
        server_event(
            "chat:message_delete",
            "A message was deleted.",
            object(&[("roomId", id()), ("messageId", id())]),
        ),
        server_event(
            "chat:typing_status",
            "Somebody types, or no more.",
            object(&[("userId", id()), ("roomId", id()), ("isTyping", boolean())]),
        ),
        server_event(
            "chat:messages_read",
            "Somebody has read the room.",
            object(&[("userId", id()), ("roomId", id()), ("readAt", time())]),
        ),
        server_event(
            "chat:presence_update",
            "Somebody is present, away or gone.",
            object(&[
                ("userId", id()),
                ("status", status()),
                ("lastSeen", nullable(time())),
            ]),
        ),
    ]
}
