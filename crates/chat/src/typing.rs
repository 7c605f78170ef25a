//! Typing indicators: emitted to the other members, and ended by a timeout.

pub(crate) mod tracker;

use crate::{
    caller::Caller,
    chat::Chat,
    cluster::BusMessage,
    error::{Error, Result},
    events::{Audience, Delivery},
};
use model::{ConversationId, Event, MessageId, UserId};
use std::time::Duration;
use tracker::TypingPlace;

impl Chat {
    /// The caller types, or has stopped. Clients repeat `true` while it goes on: without it typing
    /// ends after `Timings::typing_timeout`. It also ends with the caller's next message there. Nobody is
    /// told that somebody types who is invisible.
    pub async fn set_typing(
        &self,
        caller: &Caller,
        id: ConversationId,
        typing: bool,
    ) -> Result<()> {
        self.require_member(caller, id).await?;
        self.set_typing_at(caller, (id, None), typing).await
    }

    /// As `set_typing`, in the thread of a message of the conversation.
    pub async fn set_typing_in_thread(
        &self,
        caller: &Caller,
        id: ConversationId,
        thread_id: MessageId,
        typing: bool,
    ) -> Result<()> {
        self.require_member(caller, id).await?;
        if self.conversation_of(thread_id).await? != id {
            return Err(Error::NotFound("message"));
        }
        self.set_typing_at(caller, (id, Some(thread_id)), typing)
            .await
    }

    async fn set_typing_at(&self, caller: &Caller, place: TypingPlace, typing: bool) -> Result<()> {
        let id = place.0;
        if id == ConversationId::ANNOUNCEMENTS {
            // Nobody is shown typing to everybody.
            return Ok(());
        }
        if !typing || self.is_invisible(caller.user_id) {
            // The end was paid for with the beginning.
            self.stop_typing(place, caller.user_id);
            return Ok(());
        }
        if !self.0.typing.is_typing((place, caller.user_id)) {
            let people = self.audience_size(id).await?;
            let told = &self.0.limits.told;
            told.take(caller.user_id, people.saturating_mul(2))?;
        }
        self.start_typing(place, caller.user_id, self.0.timings.typing_timeout);
        self.send_typing_to_nodes(place, caller.user_id, true);
        Ok(())
    }

    /// Emits typing where it begins, and its end after the timeout, unless it was renewed by then.
    fn start_typing(&self, place: TypingPlace, user_id: UserId, timeout: Duration) {
        let (generation, begins) = self.0.typing.start((place, user_id));
        if begins {
            self.publish_typing_locally(place, user_id, true);
        }
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(timeout).await;
            if chat.0.typing.stop((place, user_id), Some(generation)) {
                chat.publish_typing_locally(place, user_id, false);
            }
        });
    }

    pub(crate) fn stop_typing(&self, place: TypingPlace, user_id: UserId) {
        if self.0.typing.stop((place, user_id), None) {
            self.tell_typing_ended(place, user_id);
        }
    }

    /// Ends the typing of somebody who is no member any more.
    pub(crate) fn stop_typing_in(&self, id: ConversationId, user_id: UserId) {
        for place in self.0.typing.stop_in(id, user_id) {
            self.tell_typing_ended(place, user_id);
        }
    }

    /// Ends the typing of a user whose last device has disconnected.
    pub(crate) fn stop_typing_anywhere(&self, user_id: UserId) {
        for place in self.0.typing.stop_all(user_id) {
            self.tell_typing_ended(place, user_id);
        }
    }

    fn tell_typing_ended(&self, place: TypingPlace, user_id: UserId) {
        self.publish_typing_locally(place, user_id, false);
        self.send_typing_to_nodes(place, user_id, false);
    }

    /// Applies what another node sent.
    pub(crate) fn receive_typing(&self, place: TypingPlace, user_id: UserId, typing: bool) {
        if typing {
            self.start_typing(place, user_id, self.0.timings.remote_typing_timeout);
        } else if self.0.typing.stop((place, user_id), None) {
            self.publish_typing_locally(place, user_id, false);
        }
    }

    fn send_typing_to_nodes(
        &self,
        (conversation_id, thread_id): TypingPlace,
        user_id: UserId,
        typing: bool,
    ) {
        self.send_to_nodes(|| BusMessage::Typing {
            conversation_id,
            user_id,
            typing,
            thread_id,
        });
    }

    /// Emits on this node only: each node tracks typing for itself, by what the others send.
    fn publish_typing_locally(
        &self,
        (conversation_id, thread_id): TypingPlace,
        user_id: UserId,
        typing: bool,
    ) {
        self.0.bus.publish_local(Delivery::Emit {
            audience: Audience::Conversations(vec![conversation_id]),
            except: Some(user_id),
            event: Event::Typing {
                conversation_id,
                user_id,
                typing,
                thread_id,
            },
        });
    }
}
