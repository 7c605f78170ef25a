//! The Socket.IO events of the public API, in the namespace `/`.

use crate::{
    State, auth,
    gateway::{
        Arguments, Contract, EncodedEvent, EventContext, Fanout, Handshake, MountedGateway,
        Rejection, strip_bearer,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, Error, Result};
use model::{ConversationId, Event, MessageId, NewMessage, PresenceChoice, SyncRequest};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Characters of a parse error that a client gets.
const MAX_REASON_LENGTH: usize = 200;

pub fn open(state: &State) -> MountedGateway {
    crate::gateway::open(Api(state.chat.clone()), state)
}

struct Api(Chat);

impl Contract for Api {
    const DOOR: &'static str = "api";

    const EVENTS: &'static [&'static str] = &[
        "message:send",
        "message:edit",
        "message:delete",
        "reaction:add",
        "reaction:remove",
        "conversation:read",
        "conversation:delivered",
        "typing:start",
        "typing:stop",
        "presence:set",
        "sync",
    ];

    /// Sends keep their order, because each enters the queue of its conversation before it waits.
    const OVERLAPPING: &'static [&'static str] = &["message:send"];

    /// Clients of this API send `conversation:delivered` themselves.
    const MARKS_RECEIVED: bool = false;

    async fn authenticate(&self, handshake: &Handshake<'_>) -> Result<Caller> {
        match token(handshake.auth)? {
            Some(token) => self.0.authenticate(strip_bearer(token)).await,
            None => auth::caller(&self.0, handshake.headers).await,
        }
    }

    /// Clients get nothing but this text, so it begins with the error code.
    fn refuse_connection(&self, error: &Error) -> String {
        let code = serde_json::to_value(error.code()).unwrap_or_default();
        format!("{}: {error}", code.as_str().unwrap_or("internal"))
    }

    async fn on_connect(&self, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        Ok(vec![render(&self.0.ready(caller).await?)?])
    }

    async fn on_event(
        &self,
        context: &EventContext<'_>,
        event: &str,
        arguments: Arguments,
    ) -> Result<Value, ApiError> {
        let caller = context.caller();
        let answer = match event {
            "message:send" => self.on_message_send(caller, parse(arguments)?).await,
            "message:edit" => self.on_message_edit(caller, parse(arguments)?).await,
            "message:delete" => self.on_message_delete(caller, parse(arguments)?).await,
            "reaction:add" => self.on_reaction_add(caller, parse(arguments)?).await,
            "reaction:remove" => self.on_reaction_remove(caller, parse(arguments)?).await,
            "conversation:read" => self.on_conversation_read(caller, parse(arguments)?).await,
            "conversation:delivered" => {
                self.on_conversation_delivered(caller, parse(arguments)?)
                    .await
            }
            "typing:start" => self.on_typing(caller, parse(arguments)?, true).await,
            "typing:stop" => self.on_typing(caller, parse(arguments)?, false).await,
            "presence:set" => self.on_presence_set(caller, parse(arguments)?).await,
            "sync" => self.on_sync(caller, parse(arguments)?).await,
            _ => Err(Error::invalid("event", "is unknown")),
        };
        Ok(answer?)
    }

    fn render_error(&self, _event: &str, error: &ApiError) -> Rejection {
        let problem = error.problem();
        let mut body = json!({ "code": problem.code, "detail": problem.detail });
        if let Some(seconds) = error.retry_after() {
            body["retryAfter"] = seconds.into();
        }
        Rejection {
            ack: json!({ "ok": false, "error": body }),
            event: None,
        }
    }

    async fn render(&self, event: &Event) -> Result<Vec<Fanout>> {
        Ok(vec![Fanout::to_all(render(event)?)])
    }
}

fn render(event: &Event) -> Result<EncodedEvent> {
    let encoded = EncodedEvent::new(event.name(), event)?;
    Ok(if event.is_volatile() {
        encoded.volatile()
    } else {
        encoded
    })
}

/// The access token in the handshake's `auth`, if there is one.
fn token(auth: &Value) -> Result<Option<&str>> {
    match auth.get("token") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(token)) if token.is_empty() => Ok(None),
        Some(Value::String(token)) => Ok(Some(token)),
        Some(_) => Err(Error::Unauthenticated("`auth.token` must be a string.")),
    }
}

/// Parses the one object that every event has for an argument.
fn parse<T: DeserializeOwned>(arguments: Arguments) -> Result<T> {
    if arguments.has_attachments {
        return Err(Error::invalid("payload", "must not contain binary data"));
    }
    let Ok([payload]) = <[Value; 1]>::try_from(arguments.values) else {
        return Err(Error::invalid("payload", "must be one object"));
    };
    if !payload.is_object() {
        return Err(Error::invalid("payload", "must be an object"));
    }
    serde_path_to_error::deserialize(payload).map_err(|error| {
        let field = match error.path().to_string() {
            path if path == "." => "payload".to_owned(),
            path => path,
        };
        let reason: String = error.inner().to_string();
        Error::invalid(
            field,
            reason.chars().take(MAX_REASON_LENGTH).collect::<String>(),
        )
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageSend {
    conversation_id: ConversationId,
    #[serde(default)]
    attachment_ids: Option<Vec<String>>,
    #[serde(flatten)]
    message: NewMessage,
}

#[derive(Deserialize)]
struct MessageEdit {
    id: MessageId,
    body: String,
}

#[derive(Deserialize)]
struct MessageDelete {
    id: MessageId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReactionChange {
    message_id: MessageId,
    emoji: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Position {
    conversation_id: ConversationId,
    position: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typing {
    conversation_id: ConversationId,
}

#[derive(Deserialize)]
struct PresenceSet {
    status: PresenceChoice,
}

impl Api {
    async fn on_message_send(&self, caller: &Caller, new: MessageSend) -> Result<Value> {
        if new.attachment_ids.is_some_and(|ids| !ids.is_empty()) {
            return Err(Error::invalid("attachmentIds", "are not supported yet"));
        }
        let sent = self
            .0
            .send_message(caller, new.conversation_id, new.message)
            .await?;
        Ok(json!({ "ok": true, "message": sent.message, "deduplicated": sent.deduplicated }))
    }

    async fn on_message_edit(&self, caller: &Caller, edit: MessageEdit) -> Result<Value> {
        let message = self.0.edit_message(caller, edit.id, edit.body).await?;
        Ok(json!({ "ok": true, "message": message }))
    }

    async fn on_message_delete(&self, caller: &Caller, delete: MessageDelete) -> Result<Value> {
        let message = self.0.delete_message(caller, delete.id).await?;
        Ok(json!({ "ok": true, "message": message }))
    }

    async fn on_reaction_add(&self, caller: &Caller, add: ReactionChange) -> Result<Value> {
        let message = self
            .0
            .add_reaction(caller, add.message_id, &add.emoji)
            .await?;
        Ok(json!({ "ok": true, "message": message }))
    }

    async fn on_reaction_remove(&self, caller: &Caller, remove: ReactionChange) -> Result<Value> {
        let message = self
            .0
            .remove_reaction(caller, remove.message_id, &remove.emoji)
            .await?;
        Ok(json!({ "ok": true, "message": message }))
    }

    async fn on_conversation_read(&self, caller: &Caller, read: Position) -> Result<Value> {
        let unread = self
            .0
            .mark_read(caller, read.conversation_id, read.position)
            .await?;
        Ok(json!({ "ok": true, "unread": unread }))
    }

    async fn on_conversation_delivered(&self, caller: &Caller, to: Position) -> Result<Value> {
        self.0
            .mark_delivered(caller, to.conversation_id, to.position)
            .await?;
        Ok(json!({ "ok": true }))
    }

    async fn on_typing(&self, caller: &Caller, at: Typing, typing: bool) -> Result<Value> {
        self.0
            .set_typing(caller, at.conversation_id, typing)
            .await?;
        Ok(json!({ "ok": true }))
    }

    async fn on_presence_set(&self, caller: &Caller, set: PresenceSet) -> Result<Value> {
        self.0.set_presence(caller, set.status).await?;
        Ok(json!({ "ok": true }))
    }

    async fn on_sync(&self, caller: &Caller, request: SyncRequest) -> Result<Value> {
        let sync = self.0.sync(caller, request).await?;
        Ok(json!({ "ok": true, "changes": sync.items, "hasMore": sync.has_more }))
    }
}
