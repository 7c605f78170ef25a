//! What the dialog knows: which messages, where they go, and what has become of them.

use crate::{
    client::{new_client_id, spawn},
    erased_signal::ErasedSignal,
    error::AppError,
    messages::ConversationView,
};
use model::{
    ConversationId, ConversationKind, Message, MessageId, NewConversation, NewForward, Problem,
    UserId,
};
use std::sync::Arc;

/// Messages that the server takes at once.
pub const MAX_MESSAGES: usize = 20;

/// Places that messages go to at once.
pub const MAX_PLACES: usize = 5;

#[derive(Clone, Copy, PartialEq)]
pub enum Target {
    Conversation(ConversationId),
    /// Somebody without a direct conversation, which is begun.
    Person(UserId),
}

/// Where messages go.
#[derive(Clone, PartialEq)]
pub struct Place {
    /// As in the palette.
    pub key: String,
    pub title: String,
    pub target: Target,
    /// One for all attempts: the first success counts.
    pub client_id: String,
}

impl Place {
    pub fn new(key: String, title: String, target: Target) -> Self {
        Self {
            key,
            title,
            target,
            client_id: new_client_id(),
        }
    }
}

/// A handle; `Copy`.
#[derive(Clone, Copy)]
pub struct Forwarding {
    pub view: ConversationView,
    pub messages: ErasedSignal<Vec<Arc<Message>>>,
    pub picked: ErasedSignal<Vec<Place>>,
    /// Where they have been forwarded to.
    pub done: ErasedSignal<Vec<(ConversationId, String)>>,
    pub problem: ErasedSignal<Option<Problem>>,
    pub is_busy: ErasedSignal<bool>,
}

impl Forwarding {
    /// Of the messages that are still there.
    pub fn new(view: ConversationView) -> Self {
        let ids: Vec<MessageId> = view.forwarding.get_untracked().unwrap_or_default();
        let messages = ids.into_iter().filter_map(|id| view.message(id));
        let mut messages: Vec<_> = messages.filter(|it| it.deleted_at.is_none()).collect();
        messages.sort_by_key(|it| it.position);
        Self {
            view,
            messages: ErasedSignal::new(messages),
            picked: ErasedSignal::new(Vec::new()),
            done: ErasedSignal::new(Vec::new()),
            problem: ErasedSignal::new(None),
            is_busy: ErasedSignal::new(false),
        }
    }

    pub fn is_done(self) -> bool {
        self.done.with(|done| !done.is_empty()) && self.picked.with(Vec::is_empty)
    }

    /// One place after the other. Those that fail stay picked.
    pub fn send(self, comment: &str) {
        if self.is_busy.get_untracked() || self.picked.with_untracked(Vec::is_empty) {
            return;
        }
        self.is_busy.set(true);
        self.problem.set(None);
        let ids: Vec<_> = self
            .messages
            .with_untracked(|messages| messages.iter().map(|it| it.id).collect());
        let comment = Some(comment.trim().to_owned()).filter(|it| !it.is_empty());
        spawn(async move {
            for place in self.picked.get_untracked() {
                let new = NewForward {
                    message_ids: ids.clone(),
                    comment: comment.clone(),
                    client_id: Some(place.client_id.clone()),
                };
                let sent = self.send_to(&place, &new).await;
                // The dialog may be closed by now.
                if self.is_busy.try_get_untracked().is_none() {
                    return;
                }
                match sent {
                    Ok(id) => {
                        self.done.update(|done| done.push((id, place.title)));
                        self.picked
                            .update(|picked| picked.retain(|it| it.key != place.key));
                    }
                    Err(AppError(problem)) => self.problem.set(Some(problem)),
                }
            }
            self.is_busy.set(false);
            if self.picked.with_untracked(Vec::is_empty) {
                self.view.selecting.set(false);
                self.view.selected.set(Vec::new());
            }
        });
    }

    async fn send_to(self, place: &Place, new: &NewForward) -> Result<ConversationId, AppError> {
        let client = self.view.client;
        let id = match place.target {
            Target::Conversation(id) => id,
            Target::Person(user_id) => {
                let direct = NewConversation {
                    kind: ConversationKind::Direct,
                    member_ids: vec![user_id],
                    title: None,
                    description: None,
                    private: false,
                    client_id: None,
                };
                let direct = client.create_conversation(direct).await?;
                direct.conversation.id
            }
        };
        client.forward(id, new).await?;
        Ok(id)
    }
}
