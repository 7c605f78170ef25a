//! The contract as machines read it: schemas, and events. Its routes are in `document/operations.rs`.

mod operations;

use crate::{
    contracts::document::{ContractDocument, success, token_handshake},
    documents::{
        asyncapi::{ClientEventDocument, ServerEventDocument, client_event, server_event},
        schema::{
            NamedSchemas, array, boolean, choice, flag, input_id, integer, nullable, object,
            reference, string, time,
        },
    },
};
use serde_json::Value;

pub fn document() -> ContractDocument {
    ContractDocument {
        description: "Groups, their rooms and their messages.",
        schemas: schemas(),
        operations: operations::operations(),
        handshake: token_handshake(),
        client_events: client_events(),
        server_events: server_events(),
        error_event: error_event(&[]),
        refusal: error_event(&[("success", flag(false))]),
    }
}

fn error_event(more: &[(&str, Value)]) -> Value {
    let codes = ["VALIDATION_ERROR", "FORBIDDEN", "INTERNAL_ERROR"];
    let mut fields = vec![("message", string()), ("code?", choice(&codes))];
    fields.extend_from_slice(more);
    object(&fields)
}

fn id() -> Value {
    string()
}

fn schemas() -> NamedSchemas {
    let mut schemas = vec![("Id", id()), ("Error", error())];
    schemas.extend(message_schemas());
    schemas.extend(group_schemas());
    schemas
}

fn error() -> Value {
    let detail = object(&[("field", string()), ("message", string())]);
    let codes = [
        "UNAUTHORIZED",
        "FORBIDDEN",
        "NOT_FOUND",
        "VALIDATION_ERROR",
        "CONFLICT",
        "TOO_MANY_REQUESTS",
        "SERVICE_UNAVAILABLE",
        "INTERNAL_ERROR",
    ];
    let error = object(&[("code", choice(&codes)), ("details?", array(detail))]);
    object(&[
        ("success", flag(false)),
        ("message", string()),
        ("error", error),
    ])
}

fn message_schemas() -> NamedSchemas {
    let author = object(&[("id", id()), ("name", string())]);
    let replied = object(&[("id", id()), ("content", string()), ("user", author)]);
    let attachment = object(&[("id", id()), ("url", string()), ("filename", string())]);
    vec![
        (
            "Person",
            object(&[
                ("id", id()),
                ("name", string()),
                ("email", string()),
                ("image?", string()),
            ]),
        ),
        (
            "Message",
            object(&[
                ("id", id()),
                ("content", string()),
                ("type", choice(&["TEXT", "IMAGE", "FILE", "SYSTEM"])),
                ("senderId", id()),
                ("groupId", id()),
                ("replyToId?", id()),
                ("createdAt", time()),
                ("user", reference("Person")),
                ("replyTo?", replied),
                ("attachments", array(attachment)),
                ("editedAt?", time()),
                ("clientId?", string()),
            ]),
        ),
        (
            "NewMessage",
            object(&[
                ("groupId", input_id()),
                ("content", string()),
                ("type?", nullable(choice(&["TEXT", "IMAGE", "FILE"]))),
                ("replyToId?", nullable(input_id())),
                ("clientId?", nullable(string())),
            ]),
        ),
        ("MessagePage", object(&message_page())),
    ]
}

fn message_page() -> Vec<(&'static str, Value)> {
    vec![
        ("messages", array(reference("Message"))),
        ("hasNextPage", boolean()),
        ("nextCursor?", id()),
    ]
}

fn group_schemas() -> NamedSchemas {
    let role = || choice(&["OWNER", "ADMIN", "MEMBER"]);
    vec![
        (
            "Group",
            object(&[
                ("id", id()),
                ("name", nullable(string())),
                ("description", nullable(string())),
                ("isPrivate", boolean()),
                ("createdBy", id()),
                ("createdAt", time()),
                ("memberCount", integer()),
                ("role", nullable(role())),
                ("unreadCount", integer()),
                ("members", array(reference("Member"))),
            ]),
        ),
        (
            "Member",
            object(&[
                ("id", string()),
                ("role", role()),
                ("userId", id()),
                ("groupId", id()),
                ("joinedAt", time()),
                ("user", reference("Person")),
            ]),
        ),
        (
            "RoomInfo",
            object(&[
                ("groupId", id()),
                ("onlineMembers", array(id())),
                ("memberCount", integer()),
            ]),
        ),
        (
            "UserInGroup",
            object(&[
                ("userId", id()),
                ("userName", string()),
                ("groupId", id()),
                ("memberCount?", integer()),
            ]),
        ),
    ]
}

/// An acknowledgement with these fields and `success`.
fn accepted(mut fields: Vec<(&'static str, Value)>) -> Value {
    fields.push(("success", flag(true)));
    object(&fields)
}

fn counted() -> Vec<(&'static str, Value)> {
    vec![("groupId", id()), ("memberCount", integer())]
}

fn client_events() -> Vec<ClientEventDocument> {
    let in_group = || object(&[("groupId", input_id())]);
    let history = object(&[
        ("groupId", input_id()),
        ("cursor?", nullable(input_id())),
        ("limit?", nullable(integer())),
    ]);
    let info = vec![
        ("groupId", id()),
        ("onlineMembers", array(id())),
        ("memberCount", integer()),
    ];
    vec![
        client_event(
            "join_group",
            "Joins the room of a group: the payload is its id.",
            input_id(),
            accepted(counted()),
        ),
        client_event(
            "leave_group",
            "Leaves the room of a group; its user remains a member.",
            input_id(),
            accepted(counted()),
        ),
        client_event(
            "send_message",
            "Sends a message.",
            reference("NewMessage"),
            accepted(vec![("message", reference("Message"))]),
        ),
        client_event("typing_start", "The user types.", in_group(), success()),
        client_event(
            "typing_stop",
            "The user types no more.",
            in_group(),
            success(),
        ),
        client_event(
            "get_group_messages",
            "Asks for the messages before `cursor`, the oldest first.",
            history,
            accepted(message_page()),
        ),
        client_event(
            "get_room_info",
            "Asks who is in the room.",
            in_group(),
            accepted(info),
        ),
    ]
}

fn server_events() -> Vec<ServerEventDocument> {
    let user = || reference("UserInGroup");
    vec![
        server_event("message_received", "A message.", reference("Message")),
        server_event(
            "message_updated",
            "A message was edited, or its reactions have changed.",
            reference("Message"),
        ),
        server_event(
            "message_deleted",
            "A message was deleted.",
            object(&[("messageId", id()), ("groupId", id())]),
        ),
        server_event("user_typing", "Somebody types.", user()),
        server_event(
            "user_stopped_typing",
            "Somebody types no more.",
            object(&[("userId", id()), ("groupId", id())]),
        ),
        server_event("user_joined_group", "Somebody has joined the room.", user()),
        server_event(
            "user_left_group",
            "Somebody has left the room or the group.",
            user(),
        ),
        server_event(
            "room_members_update",
            "Who is in the room has changed.",
            reference("RoomInfo"),
        ),
        server_event(
            "joined_group_success",
            "The answer to `join_group`.",
            object(&counted()),
        ),
        server_event(
            "left_group_success",
            "The answer to `leave_group`.",
            object(&counted()),
        ),
        server_event(
            "group_messages",
            "The answer to `get_group_messages`.",
            reference("MessagePage"),
        ),
        server_event(
            "room_info",
            "The answer to `get_room_info`.",
            reference("RoomInfo"),
        ),
    ]
}
