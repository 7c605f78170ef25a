//! The `AsyncAPI` document of the public API: its events over Socket.IO. Schemas are those of the
//! `OpenAPI` document.

use crate::documents::{
    asyncapi::{
        ClientEventDocument, Document, ServerEventDocument, SocketAddress, client_event,
        server_event,
    },
    schema::{
        array, boolean, choice, described, flag, integer, map, nullable, object, reference, string,
    },
};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

const DESCRIPTION: &str = "The events of Parlance over Socket.IO. Every event of a client is \
    acknowledged with `{ok: true, …}`, or with `{ok: false, error}`. A socket without a good token gets \
    a `connect_error` whose message begins with the error code. Changes of a conversation count up \
    its `seq`; a client that misses one calls `sync`. A token for programs needs the scope `read` to connect and for \
    `sync`, and `write` for every other event of a client; one that is limited to conversations opens no socket.";

/// Uploads of a message.
const MAX_FILES: u8 = 10;

/// Options of a poll, and of a vote.
const MAX_OPTIONS: u8 = 20;

/// The document, with the schemas of the REST API's.
pub fn document(openapi: &OpenApi) -> Value {
    let mut schemas = schemas(openapi);
    let server_events = server_events(&schemas);
    schemas.insert("Refusal".to_owned(), refusal());
    schemas.insert("MessageDone".to_owned(), message_done());
    Document {
        title: "Parlance, events over Socket.IO".to_owned(),
        description: DESCRIPTION.to_owned(),
        addresses: vec![SocketAddress {
            name: "main",
            host: "localhost:8080".to_owned(),
            pathname: "/socket.io".to_owned(),
            description: "The main address",
        }],
        namespace: "/".to_owned(),
        handshake: object(&[(
            "token?",
            described(
                nullable(string()),
                "An access token, or a token for programs. Without it, the cookie of the browser's session counts.",
            ),
        )]),
        client_events: client_events(),
        server_events,
        refusal: reference("Refusal"),
        schemas,
    }
    .render()
}

/// The components of the `OpenAPI` document, without the vocabulary that only `OpenAPI` has.
fn schemas(openapi: &OpenApi) -> Map<String, Value> {
    let components = openapi.components.as_ref();
    let schemas = components.map(|it| json!(it.schemas)).unwrap_or_default();
    let Value::Object(mut schemas) = schemas else {
        return Map::new();
    };
    if let Some(event) = schemas.get_mut("Event") {
        event["discriminator"] = "type".into();
    }
    schemas
}

/// One event for each schema that `Event` refers to.
fn server_events(schemas: &Map<String, Value>) -> Vec<ServerEventDocument> {
    let events = schemas.get("Event").and_then(|it| it["oneOf"].as_array());
    let events = events.into_iter().flatten().filter_map(|it| {
        let name = it["$ref"].as_str()?.rsplit('/').next()?;
        let schema = schemas.get(name)?;
        let kind = schema["properties"]["type"]["enum"][0].as_str()?;
        let summary = schema["description"].as_str().unwrap_or_default();
        Some(server_event(kind.to_owned(), summary, reference(name)))
    });
    events.collect()
}

fn refusal() -> Value {
    let error = object(&[
        ("code", reference("ErrorCode")),
        ("detail", string()),
        (
            "retryAfter?",
            described(integer(), "Seconds to wait before the event is sent again."),
        ),
    ]);
    object(&[("ok", flag(false)), ("error", error)])
}

fn message_done() -> Value {
    accepted(&[("message", reference("Message"))])
}

/// An acknowledgement with these fields and `ok`.
fn accepted(fields: &[(&str, Value)]) -> Value {
    let mut all = vec![("ok", flag(true))];
    all.extend_from_slice(fields);
    object(&all)
}

pub fn client_events() -> Vec<ClientEventDocument> {
    let mut events = message_events();
    events.extend(poll_events());
    events.extend(presence_events());
    events.extend(thread_events());
    events.push(client_event(
        "sync",
        "Asks for the changes of all conversations after a `seq` for each.",
        object(&[
            ("conversations", map(integer())),
            ("since?", nullable(string())),
            ("receipts?", array(reference("ConversationId"))),
        ]),
        accepted(&[
            ("changes", array(reference("Event"))),
            ("hasMore", boolean()),
            ("profiles", array(reference("Sender"))),
            ("receipts", array(reference("Receipt"))),
            ("time", string()),
        ]),
    ));
    events
}

fn message_events() -> Vec<ClientEventDocument> {
    let id = || reference("MessageId");
    let reaction = || object(&[("messageId", id()), ("emoji", string())]);
    let mut files = array(reference("UploadId"));
    files["maxItems"] = MAX_FILES.into();
    let new = object(&[
        ("conversationId", reference("ConversationId")),
        ("body", string()),
        ("kind?", reference("MessageKind")),
        ("replyToId?", nullable(id())),
        ("threadId?", nullable(id())),
        ("alsoToConversation?", boolean()),
        ("clientId?", nullable(string())),
        ("draftSeq?", nullable(integer())),
        ("attachmentIds?", files),
        ("poll?", nullable(reference("NewPoll"))),
    ]);
    vec![
        client_event(
            "message:send",
            "Sends a message. A retry with the same `clientId` is answered with the first result.",
            new,
            accepted(&[
                ("message", reference("Message")),
                ("deduplicated", boolean()),
            ]),
        ),
        client_event(
            "message:edit",
            "Edits a message of the user's.",
            object(&[("id", id()), ("body", string())]),
            reference("MessageDone"),
        ),
        client_event(
            "message:delete",
            "Deletes a message.",
            object(&[("id", id())]),
            reference("MessageDone"),
        ),
        client_event(
            "message:pin",
            "Pins a message for everybody in its conversation.",
            object(&[("id", id())]),
            reference("MessageDone"),
        ),
        client_event(
            "message:unpin",
            "Takes a message off the pins.",
            object(&[("id", id())]),
            reference("MessageDone"),
        ),
        client_event(
            "message:save",
            "Saves a message for the user alone.",
            object(&[("id", id())]),
            accepted(&[("saved", reference("SavedMessage"))]),
        ),
        client_event(
            "message:unsave",
            "Takes a message off the user's saved ones.",
            object(&[("id", id())]),
            accepted(&[]),
        ),
        client_event(
            "reaction:add",
            "Adds a reaction.",
            reaction(),
            reference("MessageDone"),
        ),
        client_event(
            "reaction:remove",
            "Removes a reaction.",
            reaction(),
            reference("MessageDone"),
        ),
    ]
}

fn poll_events() -> Vec<ClientEventDocument> {
    let id = || ("messageId", reference("MessageId"));
    let voted = || accepted(&[("vote", reference("PollVote"))]);
    let mut place = integer();
    place["minimum"] = 1.into();
    place["maximum"] = MAX_OPTIONS.into();
    let mut places = array(place);
    places["minItems"] = 1.into();
    places["maxItems"] = MAX_OPTIONS.into();
    vec![
        client_event(
            "poll:vote",
            "Votes in a poll. The choice replaces an earlier one of the user's.",
            object(&[id(), ("options", places)]),
            voted(),
        ),
        client_event(
            "poll:retract",
            "Takes the user's vote back.",
            object(&[id()]),
            voted(),
        ),
        client_event(
            "poll:close",
            "Closes a poll: nothing of it changes after that.",
            object(&[id()]),
            reference("MessageDone"),
        ),
    ]
}

fn thread_events() -> Vec<ClientEventDocument> {
    let thread = || object(&[("threadId", reference("MessageId"))]);
    let state = || accepted(&[("thread", reference("ThreadState"))]);
    vec![
        client_event(
            "thread:read",
            "Marks the replies in a thread as read up to a number.",
            object(&[
                ("threadId", reference("MessageId")),
                ("position", integer()),
            ]),
            state(),
        ),
        client_event("thread:follow", "Follows a thread.", thread(), state()),
        client_event(
            "thread:unfollow",
            "Follows a thread no longer.",
            thread(),
            state(),
        ),
    ]
}

fn presence_events() -> Vec<ClientEventDocument> {
    let typing = || {
        object(&[
            ("conversationId", reference("ConversationId")),
            ("threadId?", nullable(reference("MessageId"))),
        ])
    };
    let position = || {
        object(&[
            ("conversationId", reference("ConversationId")),
            ("position", integer()),
        ])
    };
    let done = || accepted(&[]);
    vec![
        client_event(
            "conversation:read",
            "Marks the conversation as read up to a position.",
            position(),
            accepted(&[("unread", reference("Unread"))]),
        ),
        client_event(
            "conversation:unread",
            "Marks the messages from a position on as unread again, for the user alone.",
            position(),
            accepted(&[("unread", reference("Unread"))]),
        ),
        client_event(
            "conversation:delivered",
            "Marks the messages up to a position as delivered.",
            position(),
            done(),
        ),
        client_event("typing:start", "The user types.", typing(), done()),
        client_event("typing:stop", "The user types no more.", typing(), done()),
        client_event(
            "presence:set",
            "Chooses a presence, for all of the user's devices.",
            object(&[("status", choice(&["online", "away", "invisible"]))]),
            done(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::server_events;
    use model::Event;
    use serde_json::json;
    use std::collections::BTreeSet;
    use utoipa::{PartialSchema, ToSchema};

    /// The two functions that name every event: the compiler says that none is missing there.
    const NAMED: [&str; 2] = [
        include_str!("../../../crates/model/src/event.rs"),
        include_str!("../../../crates/model/src/personal.rs"),
    ];

    /// The names in a match of `Self::X { .. } => "name",`.
    fn names(source: &str) -> impl Iterator<Item = &str> {
        let (_, function) = source.split_once("pub const fn name(").unwrap();
        let (arms, _) = function.split_once("\n    }\n").unwrap();
        let arms = arms.lines().filter_map(|line| line.split_once(" => \""));
        arms.map(|(_, name)| name.trim_end_matches("\","))
    }

    #[test]
    fn every_event_of_the_server_is_documented_and_no_other() {
        let mut schemas = Vec::new();
        Event::schemas(&mut schemas);
        schemas.push(("Event".to_owned(), Event::schema()));
        let schemas = schemas.into_iter().map(|(name, it)| (name, json!(it)));
        let documented = server_events(&schemas.collect());
        let documented: BTreeSet<_> = documented.iter().map(|it| it.name.as_ref()).collect();
        let emitted: BTreeSet<_> = NAMED.into_iter().flat_map(names).collect();
        assert!(emitted.contains("user:updated") && emitted.contains("vote"));
        assert_eq!(documented, emitted);
    }
}
