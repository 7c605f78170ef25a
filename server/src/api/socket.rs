//! The Socket.IO events of the public API, in the namespace `/`.

mod payloads;

use crate::{
    State, auth, events,
    gateway::{
        ClientEvent, Contract, EncodedEvent, EventContext, Fanout, HandlerResult, Handshake,
        MountedGateway, Rejection, strip_bearer,
    },
    problem::ApiError,
    token_scopes,
};
use chat::{Authentication, Caller, Chat, ConversationMeta, Error, Result};
use model::{ConversationId, Event, NewVote, SyncRequest};
use payloads::{
    AboutMessage, AboutPoll, AboutThread, MessageEdit, MessageSend, Payload, Position, PresenceSet,
    ReactionChange, ThreadPosition, Typing, Vote,
};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

pub fn open(state: &State) -> MountedGateway {
    crate::gateway::open::<Api>(state)
}

struct Api;

/// A send is queued for its conversation before its handler waits for anything, so sends overlap.
const EVENTS: &[ClientEvent] = events! {
    #[overlaps]
    "message:send" => on_message_send,
    "message:edit" => on_message_edit,
    "message:delete" => on_message_delete,
    "message:pin" => on_message_pin,
    "message:unpin" => on_message_unpin,
    "message:save" => on_message_save,
    "message:unsave" => on_message_unsave,
    "reaction:add" => on_reaction_add,
    "reaction:remove" => on_reaction_remove,
    "poll:vote" => on_poll_vote,
    "poll:retract" => on_poll_retract,
    "poll:close" => on_poll_close,
    "conversation:read" => on_conversation_read,
    "conversation:unread" => on_conversation_unread,
    "conversation:delivered" => on_conversation_delivered,
    "thread:read" => on_thread_read,
    "thread:follow" => on_thread_follow(true),
    "thread:unfollow" => on_thread_follow(false),
    "typing:start" => on_typing(true),
    "typing:stop" => on_typing(false),
    "presence:set" => on_presence_set,
    "sync" => on_sync,
};

impl Contract for Api {
    const DOOR: &'static str = "api";

    const EVENTS: &'static [ClientEvent] = EVENTS;

    /// Clients of this API send `conversation:delivered` themselves.
    const MARKS_RECEIVED: bool = false;

    async fn authenticate(chat: &Chat, handshake: &Handshake<'_>) -> Result<Authentication> {
        let token = token(handshake.auth)?.map(strip_bearer);
        auth::authenticate_socket(chat, token, handshake.headers).await
    }

    fn require_scope(caller: &Caller, event: &str) -> Result<()> {
        token_scopes::require_for_event(caller, event)
    }

    /// Clients get nothing but this text, so it begins with the error code.
    fn render_connect_error(error: &Error) -> String {
        let code = serde_json::to_value(error.code()).unwrap_or_default();
        format!("{}: {error}", code.as_str().unwrap_or("internal"))
    }

    async fn on_connect(chat: &Chat, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        Ok(vec![render_event(&chat.ready(caller).await?)?])
    }

    fn render_error(_event: &str, error: &ApiError) -> Rejection {
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

    /// An announcement is also emitted as `announcement`.
    async fn render(
        chat: &Chat,
        event: &Event,
        _: Option<&ConversationMeta>,
    ) -> Result<Vec<Fanout>> {
        let mut fanouts = vec![Fanout::to_all(render_event(event)?)];
        if let Event::MessageCreated { message, .. } = event
            && message.conversation_id == ConversationId::ANNOUNCEMENTS
        {
            let made = Event::AnnouncementMade(chat.announcement(message.id).await?);
            fanouts.push(Fanout::to_all(render_event(&made)?));
        }
        Ok(fanouts)
    }
}

fn render_event(event: &Event) -> Result<EncodedEvent> {
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

async fn on_message_send(context: &EventContext<'_>, new: MessageSend) -> HandlerResult {
    let sent = context
        .chat()
        .send_message(context.caller(), new.conversation_id, new.message)
        .await?;
    Ok(json!({ "ok": true, "message": sent.message, "deduplicated": sent.deduplicated }))
}

async fn on_message_edit(
    context: &EventContext<'_>,
    Payload(edit): Payload<MessageEdit>,
) -> HandlerResult {
    let message = context
        .chat()
        .edit_message(context.caller(), edit.id, edit.body)
        .await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_message_delete(
    context: &EventContext<'_>,
    Payload(delete): Payload<AboutMessage>,
) -> HandlerResult {
    let message = context
        .chat()
        .delete_message(context.caller(), delete.id)
        .await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_message_pin(
    context: &EventContext<'_>,
    Payload(pin): Payload<AboutMessage>,
) -> HandlerResult {
    let message = context.chat().pin_message(context.caller(), pin.id).await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_message_unpin(
    context: &EventContext<'_>,
    Payload(pin): Payload<AboutMessage>,
) -> HandlerResult {
    let message = context
        .chat()
        .unpin_message(context.caller(), pin.id)
        .await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_message_save(
    context: &EventContext<'_>,
    Payload(save): Payload<AboutMessage>,
) -> HandlerResult {
    let saved = context
        .chat()
        .save_message(context.caller(), save.id)
        .await?;
    Ok(json!({ "ok": true, "saved": saved }))
}

async fn on_message_unsave(
    context: &EventContext<'_>,
    Payload(save): Payload<AboutMessage>,
) -> HandlerResult {
    context
        .chat()
        .unsave_message(context.caller(), save.id)
        .await?;
    Ok(json!({ "ok": true }))
}

async fn on_reaction_add(
    context: &EventContext<'_>,
    Payload(add): Payload<ReactionChange>,
) -> HandlerResult {
    let message = context
        .chat()
        .add_reaction(context.caller(), add.message_id, &add.emoji)
        .await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_reaction_remove(
    context: &EventContext<'_>,
    Payload(remove): Payload<ReactionChange>,
) -> HandlerResult {
    let message = context
        .chat()
        .remove_reaction(context.caller(), remove.message_id, &remove.emoji)
        .await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_poll_vote(context: &EventContext<'_>, Payload(vote): Payload<Vote>) -> HandlerResult {
    let new = NewVote {
        options: vote.options,
    };
    let vote = context
        .chat()
        .vote(context.caller(), vote.message_id, new)
        .await?;
    Ok(json!({ "ok": true, "vote": vote }))
}

async fn on_poll_retract(
    context: &EventContext<'_>,
    Payload(about): Payload<AboutPoll>,
) -> HandlerResult {
    let vote = context
        .chat()
        .retract_vote(context.caller(), about.message_id)
        .await?;
    Ok(json!({ "ok": true, "vote": vote }))
}

async fn on_poll_close(
    context: &EventContext<'_>,
    Payload(about): Payload<AboutPoll>,
) -> HandlerResult {
    let message = context
        .chat()
        .close_poll(context.caller(), about.message_id)
        .await?;
    Ok(json!({ "ok": true, "message": message }))
}

async fn on_conversation_read(
    context: &EventContext<'_>,
    Payload(read): Payload<Position>,
) -> HandlerResult {
    let unread = context
        .chat()
        .mark_read(context.caller(), read.conversation_id, read.position)
        .await?;
    Ok(json!({ "ok": true, "unread": unread }))
}

async fn on_conversation_unread(
    context: &EventContext<'_>,
    Payload(from): Payload<Position>,
) -> HandlerResult {
    let unread = context
        .chat()
        .mark_unread(context.caller(), from.conversation_id, from.position)
        .await?;
    Ok(json!({ "ok": true, "unread": unread }))
}

async fn on_conversation_delivered(
    context: &EventContext<'_>,
    Payload(to): Payload<Position>,
) -> HandlerResult {
    context
        .chat()
        .mark_delivered(context.caller(), to.conversation_id, to.position)
        .await?;
    Ok(json!({ "ok": true }))
}

async fn on_thread_read(
    context: &EventContext<'_>,
    Payload(read): Payload<ThreadPosition>,
) -> HandlerResult {
    let state = context
        .chat()
        .mark_thread_read(context.caller(), read.thread_id, read.position)
        .await?;
    Ok(json!({ "ok": true, "thread": state }))
}

async fn on_thread_follow(
    context: &EventContext<'_>,
    Payload(follow): Payload<AboutThread>,
    following: bool,
) -> HandlerResult {
    let state = context
        .chat()
        .follow_thread(context.caller(), follow.thread_id, following)
        .await?;
    Ok(json!({ "ok": true, "thread": state }))
}

async fn on_typing(
    context: &EventContext<'_>,
    Payload(at): Payload<Typing>,
    typing: bool,
) -> HandlerResult {
    let (chat, caller, id) = (context.chat(), context.caller(), at.conversation_id);
    match at.thread_id {
        None => chat.set_typing(caller, id, typing).await?,
        Some(thread_id) => {
            let set = chat.set_typing_in_thread(caller, id, thread_id, typing);
            set.await?;
        }
    }
    Ok(json!({ "ok": true }))
}

async fn on_presence_set(
    context: &EventContext<'_>,
    Payload(set): Payload<PresenceSet>,
) -> HandlerResult {
    context
        .chat()
        .set_presence(context.caller(), set.status)
        .await?;
    Ok(json!({ "ok": true }))
}

async fn on_sync(
    context: &EventContext<'_>,
    Payload(request): Payload<SyncRequest>,
) -> HandlerResult {
    let sync = context.chat().sync(context.caller(), request).await?;
    let time = sync.time.and_then(|it| it.format(&Rfc3339).ok());
    Ok(json!({
        "ok": true,
        "changes": sync.items,
        "hasMore": sync.has_more,
        "profiles": sync.profiles,
        "receipts": sync.receipts,
        "time": time,
    }))
}

#[cfg(test)]
mod tests {
    use super::EVENTS;
    use crate::{api::asyncapi::client_events, token_scopes};
    use std::collections::BTreeSet;

    #[test]
    fn every_event_of_a_client_is_documented_and_no_other() {
        let documented: BTreeSet<_> = client_events().iter().map(|it| it.name).collect();
        let handled: BTreeSet<_> = EVENTS.iter().map(|it| it.name).collect();
        assert_eq!(documented, handled);
        for event in handled {
            assert!(token_scopes::of_event(event).is_some(), "{event}");
        }
    }
}
