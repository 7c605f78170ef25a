//! The contract as machines read it: schemas and routes. Its events are in `document/events.rs`.

mod events;

use crate::{
    contracts::document::ContractDocument,
    documents::{
        openapi::{Operation, delete, get, post},
        schema::{
            NamedSchemas, array, boolean, choice, described, flag, input_id, integer, nullable,
            number, object, reference, string, time,
        },
    },
};
use serde_json::Value;

pub fn document() -> ContractDocument {
    ContractDocument {
        description: "Rooms of groups and of two, favorites, presence, and lists of rooms and \
                      people that are sent whenever they change.",
        schemas: schemas(),
        operations: operations(),
        handshake: object(&[
            ("token", described(string(), "With the prefix `Bearer `.")),
            ("userId", described(string(), "The user of the token.")),
        ]),
        client_events: events::client_events(),
        server_events: events::server_events(),
        error_event: object(&[("message", string())]),
        refusal: object(&[("success", flag(false)), ("message", string())]),
    }
}

fn id() -> Value {
    string()
}

fn status() -> Value {
    choice(&["online", "away", "offline"])
}

fn schemas() -> NamedSchemas {
    let mut schemas = vec![
        ("Id", id()),
        (
            "Error",
            object(&[
                ("error", string()),
                ("details", string()),
                ("code", integer()),
            ]),
        ),
    ];
    schemas.extend(message_schemas());
    schemas.extend(room_schemas());
    schemas
}

fn message_schemas() -> NamedSchemas {
    let user = object(&[("id", id()), ("name", string())]);
    let reaction = object(&[("emoji", string()), ("users", array(user))]);
    let attachment = object(&[("id", id()), ("name", string()), ("url", string())]);
    vec![
        (
            "Person",
            object(&[
                ("id", id()),
                ("name", string()),
                ("avatar", nullable(string())),
            ]),
        ),
        (
            "ReplyTo",
            object(&[
                ("id", id()),
                ("content", string()),
                ("sender", reference("Person")),
            ]),
        ),
        (
            "Message",
            object(&[
                ("id", string()),
                ("roomId", id()),
                ("roomType", room_type()),
                ("content", string()),
                ("type", message_type()),
                ("timestamp", time()),
                ("sender", reference("Person")),
                ("reactions", array(reaction)),
                ("attachments?", array(attachment)),
                ("replyTo?", reference("ReplyTo")),
                ("editedAt?", time()),
                ("clientId?", string()),
            ]),
        ),
        (
            "LastMessage",
            object(&[
                ("content", string()),
                ("timestamp", time()),
                ("type", message_type()),
                ("sender", reference("Person")),
            ]),
        ),
        (
            "Reaction",
            object(&[
                ("id", string()),
                ("emoji", string()),
                ("messageId", id()),
                ("userId", id()),
            ]),
        ),
    ]
}

fn room_type() -> Value {
    choice(&["DIRECT", "GROUP"])
}

fn message_type() -> Value {
    choice(&["TEXT", "FILE", "SYSTEM"])
}

fn room_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("id", id()),
        ("name", string()),
        ("type", room_type()),
        ("unreadCount", integer()),
        ("isEncrypted", boolean()),
        ("avatar?", string()),
    ]
}

fn room_schemas() -> NamedSchemas {
    let mut room = room_fields();
    room.push(("lastMessage?", reference("LastMessage")));
    let mut listed = room_fields();
    listed.push(("lastMessage", nullable(reference("LastMessage"))));
    listed.push(("participants", array(reference("Person"))));
    let participant = object(&[
        ("user", reference("Person")),
        ("role", choice(&["OWNER", "ADMIN", "MEMBER"])),
        ("joinedAt", time()),
    ]);
    vec![
        ("Room", object(&room)),
        ("ListedRoom", object(&listed)),
        (
            "NewRoom",
            object(&[
                ("id", id()),
                ("name", string()),
                ("type", room_type()),
                ("participants", array(participant)),
            ]),
        ),
        (
            "Contact",
            object(&[
                ("id", id()),
                ("name", string()),
                ("status", status()),
                ("lastSeen?", time()),
                ("avatar?", string()),
            ]),
        ),
        (
            "Favorite",
            object(&[
                ("id", id()),
                ("type", choice(&["ROOM", "USER"])),
                ("name", string()),
                ("avatar?", string()),
                ("lastMessage?", string()),
            ]),
        ),
    ]
}

fn operations() -> Vec<Operation> {
    let new_room = object(&[
        ("name", string()),
        ("participants", array(input_id())),
        ("clientId?", nullable(string())),
    ]);
    let reaction = object(&[("messageId", input_id()), ("emoji", string())]);
    vec![
        get(
            "/api/v2/chat/rooms",
            "listRooms",
            "Lists the caller's rooms, the newest first.",
        )
        .answers(200, object(&[("rooms", array(reference("ListedRoom")))])),
        post("/api/v2/chat/rooms", "createRoom", "Creates a room.")
            .description(
                "Always of a group. A retry with the same `clientId` answers 200 with the first \
                 result.",
            )
            .body(new_room)
            .answers(201, reference("NewRoom"))
            .answers(200, reference("NewRoom"))
            .refuses(&[404, 409]),
        get(
            "/api/v2/chat/messages",
            "listMessages",
            "Lists the messages of a room, the oldest first.",
        )
        .query("roomId", string())
        .query("before?", string())
        .query("limit?", integer())
        .query("type?", choice(&["direct"]))
        .answers(
            200,
            object(&[
                ("messages", array(reference("Message"))),
                ("hasMore", boolean()),
            ]),
        )
        .refuses(&[404]),
        post("/api/v2/chat/reactions", "react", "Adds a reaction.")
            .body(reaction)
            .answers(201, reference("Reaction"))
            .refuses(&[404, 409]),
        delete(
            "/api/v2/chat/reactions/{reactionId}",
            "removeReaction",
            "Removes a reaction of the caller's.",
        )
        .path_parameter("reactionId", string())
        .answers(200, object(&[("success", flag(true))]))
        .refuses(&[409]),
        metrics(),
    ]
}

fn metrics() -> Operation {
    let jobs = || {
        object(&[
            ("waiting", integer()),
            ("active", integer()),
            ("completed", integer()),
            ("failed", integer()),
        ])
    };
    let memory = object(&[
        ("heapUsed", integer()),
        ("heapTotal", integer()),
        ("external", integer()),
        ("arrayBuffers", integer()),
    ]);
    get("/metrics", "metrics", "Shows numbers about the server.")
        .tag("operation")
        .open()
        .answers(
            200,
            object(&[
                ("connections", integer()),
                ("messageQueueJobs", jobs()),
                ("presenceQueueJobs", jobs()),
                ("memoryUsage", memory),
                ("uptime", number()),
            ]),
        )
}
