//! The context of one client event for its handler: the caller, the verbs, and ways to emit.

use super::{
    hub::Hub,
    outgoing::{EncodedEvent, Recipient},
    subscriber::Subscriber,
};
use chat::{Caller, Chat, IdKind, Result};
use model::{ConversationId, UserId};
use std::sync::Arc;

pub struct EventContext<'a> {
    chat: &'a Chat,
    hub: &'a Hub,
    subscriber: &'a Subscriber,
    caller: Caller,
    user_ids: IdKind,
}

impl<'a> EventContext<'a> {
    pub fn new(chat: &'a Chat, hub: &'a Hub, subscriber: &'a Subscriber, user_ids: IdKind) -> Self {
        Self {
            chat,
            hub,
            subscriber,
            caller: subscriber.current_caller(),
            user_ids,
        }
    }

    pub fn chat(&self) -> &'a Chat {
        self.chat
    }

    /// The caller, with the role that they had when the event began.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Emits to the socket that sent the event.
    pub async fn emit(&self, event: EncodedEvent) -> Result<()> {
        event.resolve(self.chat, self.user_ids).await?;
        self.hub.emit_answer(self.subscriber, &Arc::new(event));
        Ok(())
    }

    /// Emits to the socket that sent the event, behind the answer, where a new message of the caller's
    /// own is emitted, too.
    pub async fn emit_after_answer(&self, mut event: EncodedEvent) -> Result<()> {
        event.resolve(self.chat, self.user_ids).await?;
        event.sender = Some(self.caller().user_id);
        let event = Arc::new(event);
        self.hub.emit_after_answer(self.subscriber, &event);
        Ok(())
    }

    /// Joins the room. Returns whether the others in it see the user come: no socket of the user was in
    /// it before, and the user is not invisible. A room gives no right to receive anything: a handler
    /// asks a verb first whether the caller is a member.
    pub fn join_room(&self, id: ConversationId) -> bool {
        let is_new = self.hub.join_room(self.subscriber.id, id);
        if self.is_invisible() {
            self.hub.hide(self.caller.user_id);
            return false;
        }
        is_new
    }

    /// Leaves the room. Returns whether the others in it see the user go: this was the user's last socket
    /// in it, and the user is not invisible.
    pub fn leave_room(&self, id: ConversationId) -> bool {
        self.hub.leave_room(self.subscriber.id, id) && !self.is_invisible()
    }

    fn is_invisible(&self) -> bool {
        self.chat.is_invisible(self.caller.user_id)
    }

    /// Emits to the sockets of other members that have joined the room.
    pub async fn emit_to_room(&self, id: ConversationId, event: EncodedEvent) -> Result<()> {
        event.resolve(self.chat, self.user_ids).await?;
        let sender = self.subscriber.caller.user_id;
        let others = move |it: &Recipient| it.is_in_room && it.user_id != sender;
        self.hub.emit_to_members(id, event, others);
        Ok(())
    }

    /// The users with a socket in the room whom the caller sees, each once.
    pub fn users_in_room(&self, id: ConversationId) -> Vec<UserId> {
        let mut users = self.hub.users_in_room(id);
        users.retain(|it| *it == self.caller.user_id || !self.chat.is_invisible(*it));
        users
    }
}
