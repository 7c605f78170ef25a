//! The trait `Contract`: the words of one Socket.IO API, for all that the gateway does alike for
//! every API. A contract has no state of its own.

use super::{
    changed_lists::ListNames,
    client_events::ClientEvent,
    event_context::EventContext,
    handshake::{Handshake, strip_bearer},
    outgoing::{EncodedEvent, Fanout, Rejection},
};
use crate::problem::ApiError;
use chat::{Authentication, Caller, Chat, ConversationMeta, Error, IdKind};
use model::{ConversationId, ConversationKind, Event, Problem, UserId};
use serde_json::{Value, json};
use std::future::ready;

/// The detail of the error for a handshake or a request without a token. Contracts compare with it,
/// as each has a text of its own for it.
pub const NO_TOKEN: &str = "There is no token.";

/// A path of Engine.IO, and the Socket.IO namespaces on it.
pub struct Engine {
    pub path: &'static str,
    pub namespaces: &'static [&'static str],
}

/// The kinds of conversation that a contract shows: `Contract::SHOWS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    All,
    /// Conversations of two people.
    Direct,
    /// Conversations of two people, and the announcements.
    DirectAndAnnouncements,
    /// Groups and channels.
    Groups,
}

impl Shows {
    fn includes(self, kind: ConversationKind) -> bool {
        match self {
            Self::All => true,
            Self::Direct => kind == ConversationKind::Direct,
            Self::DirectAndAnnouncements => !kind.is_group(),
            Self::Groups => kind.is_group(),
        }
    }
}

pub trait Contract: Sized + Send + Sync + 'static {
    /// The contract's name: the label `door` of metrics, and the last part of `/contracts/<name>`.
    const DOOR: &'static str;

    /// The events that clients emit. Metrics count every other name as `unknown`.
    const EVENTS: &'static [ClientEvent];

    const ENGINES: &'static [Engine] = &[Engine {
        path: "/socket.io",
        namespaces: &["/"],
    }];

    /// The kind of the ids of users: under which id a user appears to an app that has none for them.
    const USER_IDS: IdKind = IdKind::Cuid;

    /// Messages, receipts, memberships and typing of other conversations are not rendered. All other
    /// events are, from whichever conversation they come: `render` gets them with `meta` `None`.
    /// `conversation_of` in this file decides which is which.
    const SHOWS: Shows = Shows::All;

    /// Whether a socket joins the room of each of its user's conversations when it connects. A room
    /// grants no access: it only sets `Recipient::is_in_room`.
    const JOINS_ROOMS: bool = false;

    /// Whether a message counts as delivered once it is enqueued or buffered for a socket of the
    /// receiver. False where clients acknowledge deliveries themselves.
    const MARKS_RECEIVED: bool = true;

    /// The event that a client receives when one of its events is refused.
    const ERROR_EVENT: &'static str = "error";

    /// The name of those events of `on_connect` that may also come as live events, when they happen
    /// while the socket connects. They are emitted once.
    const REPEATABLE: Option<&'static str> = None;

    /// Authenticates a socket, by the token of its handshake unless the contract has other rules.
    /// Called twice per connect, because a login session may end while its socket is being admitted.
    fn authenticate(
        chat: &Chat,
        handshake: &Handshake<'_>,
    ) -> impl Future<Output = chat::Result<Authentication>> + Send {
        async move {
            let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
            let door = Some(Self::DOOR);
            chat.authenticate_token(door, strip_bearer(&token)).await
        }
    }

    /// Refuses an event that the caller's token for programs is not for. Only the public API takes such tokens.
    fn require_scope(caller: &Caller, _event: &str) -> chat::Result<()> {
        caller.require_person()
    }

    /// The `message` of a `connect_error`.
    fn render_connect_error(error: &Error) -> String;

    /// The first events of a socket, before anything that is delivered to it.
    fn on_connect(
        _chat: &Chat,
        _caller: &Caller,
    ) -> impl Future<Output = chat::Result<Vec<EncodedEvent>>> + Send {
        ready(Ok(Vec::new()))
    }

    /// An event of the chat in the words of the contract; empty if it has none. Called once per
    /// event and awaited before the next event, so everything it loads has to be cached, unless
    /// `renders_with_query` says otherwise.
    ///
    /// `meta` is set if `SHOWS` is not `All` and the event is about a message, a receipt, a member
    /// or typing.
    fn render(
        chat: &Chat,
        event: &Event,
        meta: Option<&ConversationMeta>,
    ) -> impl Future<Output = chat::Result<Vec<Fanout>>> + Send;

    /// Whether rendering the event takes a query. Such events, and what follows in their conversations, are
    /// rendered beside all others.
    fn renders_with_query(_event: &Event) -> bool {
        false
    }

    /// The names of the events with lists of one user that the event has changed, for each user of its
    /// audience. Not asked for more than a hundred users.
    fn changed_lists(_event: &Event) -> ListNames {
        &[]
    }

    /// The event of this name with the list of the caller as it is now. Called beside all other events,
    /// once for all changes since the last time, so it may query.
    fn render_list(
        _chat: &Chat,
        _caller: &Caller,
        name: &'static str,
    ) -> impl Future<Output = chat::Result<EncodedEvent>> + Send {
        ready(Err(Error::internal(format!(
            "no contract has a list {name}"
        ))))
    }

    /// The text of the error event and of the acknowledgement.
    fn error_message(_event: &str, problem: &Problem) -> String {
        problem.detail.clone()
    }

    /// The payload of `ERROR_EVENT`.
    fn error_payload(event: &str, problem: &Problem) -> Value {
        json!({ "message": Self::error_message(event, problem) })
    }

    /// The acknowledgement of an event that was refused.
    fn error_ack(mut payload: Value) -> Value {
        payload["success"] = false.into();
        payload
    }

    fn render_error(event: &str, error: &ApiError) -> Rejection {
        let payload = Self::error_payload(event, &error.problem());
        Rejection {
            event: EncodedEvent::new(Self::ERROR_EVENT, &payload).ok(),
            ack: Self::error_ack(payload),
        }
    }

    /// Events to the others in a room that a user has come or gone, because of having joined or left it or
    /// because of having become visible or invisible. `seen` are the users in the room whom others see.
    fn render_room_change(
        _chat: &Chat,
        _id: ConversationId,
        _user_id: UserId,
        _comes: bool,
        _seen: &[UserId],
    ) -> impl Future<Output = chat::Result<Vec<EncodedEvent>>> + Send {
        ready(Ok(Vec::new()))
    }

    /// Called when a socket has ended, with the rooms in which its user has no other socket. Not called
    /// for a user who is invisible.
    fn on_leave_rooms(
        _context: &EventContext<'_>,
        _rooms: &[ConversationId],
    ) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Renders an event if the contract shows the conversation in which it happened. The conversation's
/// metadata never changes and comes from a cache that all contracts share.
pub(super) async fn render<C: Contract>(chat: &Chat, event: &Event) -> chat::Result<Vec<Fanout>> {
    let id = conversation_of(event).filter(|_| C::SHOWS != Shows::All);
    let Some(id) = id else {
        return C::render(chat, event, None).await;
    };
    match chat.conversation_meta(id).await {
        Ok(meta) if C::SHOWS.includes(meta.kind) => C::render(chat, event, Some(&meta)).await,
        // `NotFound`: the conversation has been deleted since.
        Ok(_) | Err(Error::NotFound(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The conversation of an event that only contracts which show it render. `None` for events that every
/// contract renders: those without a conversation, and those about one user's list, whose conversation
/// may be gone.
fn conversation_of(event: &Event) -> Option<ConversationId> {
    match event {
        Event::MessageCreated { message, .. }
        | Event::MessageUpdated { message, .. }
        | Event::MessageDeleted { message, .. } => Some(message.conversation_id),
        Event::ReceiptUpdated(receipt) => Some(receipt.conversation_id),
        Event::MemberAdded {
            conversation_id, ..
        }
        | Event::MemberUpdated {
            conversation_id, ..
        }
        | Event::MemberRemoved {
            conversation_id, ..
        }
        | Event::Typing {
            conversation_id, ..
        } => Some(*conversation_id),
        Event::Ready { .. }
        | Event::ConversationCreated { .. }
        | Event::ConversationUpdated { .. }
        | Event::ConversationRemoved { .. }
        | Event::PresenceChanged(_)
        | Event::UserUpdated { .. }
        | Event::UnreadChanged { .. }
        | Event::ThreadChanged(_)
        | Event::FavoritesChanged { .. }
        | Event::SavedChanged { .. }
        | Event::Personal(_)
        | Event::AnnouncementMade(_) => None,
    }
}
