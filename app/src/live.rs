//! The browser's connection: one handle for the components, inert where there is no browser.

use crate::{
    error::AppError,
    store::{ChatStore, InitialState, LinkState},
};
use leptos::prelude::*;
use model::{
    ConversationChanges, ConversationId, Head, Member, MemberRole, MessageId, NewConversation,
    NewMembers, PresenceChoice, Reply, User, UserId,
};

/// The handle to the store and to the server. Cheap to copy; lives in context.
#[derive(Clone, Copy)]
pub struct Live {
    pub store: RwSignal<ChatStore>,
}

/// Makes the handle of this page from what the server knew, and in the browser connects.
pub fn provide_live(initial: InitialState) -> Live {
    let live = Live {
        store: RwSignal::new(ChatStore::new(initial)),
    };
    provide_context(live);
    live
}

pub fn use_live() -> Live {
    expect_context()
}

/// What a program without a browser answers.
async fn inert<T>() -> Result<T, AppError> {
    todo!()
}

#[allow(unused_variables)]
impl Live {
    pub fn link(self) -> Memo<LinkState> {
        Memo::new(move |_| self.store.with(|store| store.link))
    }

    /// Puts a message into the outbox, from where it goes by itself.
    pub fn send(self, id: ConversationId, body: String, reply_to: Option<Reply>) {}
    /// Tries a failed message again.
    pub fn retry(self, client_id: &str) {}
    /// Gives a message of the outbox up.
    pub fn discard(self, client_id: &str) {}

    pub async fn edit(self, id: MessageId, body: String) -> Result<(), AppError> {
        inert().await
    }
    pub async fn delete(self, id: MessageId) -> Result<(), AppError> {
        inert().await
    }
    /// Adds or takes away a reaction of mine.
    pub async fn react(self, id: MessageId, emoji: String, on: bool) -> Result<(), AppError> {
        inert().await
    }

    /// I have seen all up to this position. Call it as often as you like.
    pub fn mark_read(self, id: ConversationId, position: i64) {}
    /// I am writing. Call it with every key.
    pub fn typing(self, id: ConversationId) {}
    /// I have stopped writing.
    pub fn stop_typing(self, id: ConversationId) {}
    pub fn set_presence(self, choice: PresenceChoice) {}

    /// Makes sure that a conversation's head, newest page and members are known.
    pub async fn open(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn load_older(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn load_newer(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn load_around(self, id: ConversationId, position: i64) -> Result<(), AppError> {
        inert().await
    }
    pub async fn load_newest(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }

    pub async fn create_conversation(self, new: NewConversation) -> Result<Head, AppError> {
        inert().await
    }
    pub async fn update_conversation(
        self,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<(), AppError> {
        inert().await
    }
    pub async fn delete_conversation(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn join(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn leave(self, id: ConversationId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn add_members(self, id: ConversationId, new: NewMembers) -> Result<(), AppError> {
        inert().await
    }
    pub async fn remove_member(self, id: ConversationId, user: UserId) -> Result<(), AppError> {
        inert().await
    }
    pub async fn set_role(
        self,
        id: ConversationId,
        user: UserId,
        role: MemberRole,
    ) -> Result<(), AppError> {
        inert().await
    }

    pub async fn search_users(self, query: String) -> Result<Vec<User>, AppError> {
        inert().await
    }
    /// Public channels that I could join.
    pub async fn open_channels(self, query: String) -> Result<Vec<Head>, AppError> {
        inert().await
    }

    /// What I have begun to write there. Empty on the server: read it in an effect.
    pub fn draft(self, id: ConversationId) -> String {
        String::new()
    }
    pub fn set_draft(self, id: ConversationId, text: &str) {}
    /// Takes drafts and outbox from this browser: call it when signing out.
    pub fn forget(self) {}
}
