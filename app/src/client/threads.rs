//! Requests about threads, pins and saved messages.

use super::{ChatClient, rest::to_json};
use crate::error::AppError;
use model::{
    ConversationId, FollowedThreads, Message, MessageId, MessageReceipts, Page, SavedMessage,
    ThreadDetails, ThreadFollowers, ThreadState, Unread,
};
use serde::Serialize;

/// Threads that are read when the page is live: those with unread replies come first.
const THREADS_PER_PAGE: u32 = 100;

/// The body of requests about a position.
#[derive(Serialize)]
struct PositionBody {
    position: i64,
}

impl ChatClient {
    /// Reads what the user has of the threads that they follow, after each connect.
    pub(super) async fn load_thread_states(self) -> Result<(), AppError> {
        let page = self.followed_threads(None).await?;
        self.store.update(|store| {
            for thread in page.items {
                store.set_thread_state(thread.state);
            }
        });
        Ok(())
    }

    /// A page of the threads that the user follows.
    pub async fn followed_threads(
        self,
        cursor: Option<String>,
    ) -> Result<FollowedThreads, AppError> {
        let path = format!("/me/threads?limit={THREADS_PER_PAGE}{}", after(cursor));
        self.get(&path).await
    }

    /// Opens a thread, and loads its newest replies.
    pub async fn load_thread(self, id: ConversationId, root: MessageId) -> Result<(), AppError> {
        let thread: ThreadDetails = self.get(&format!("/threads/{root}")).await?;
        self.store.update(|store| store.open_thread(thread));
        let page: Page<Message> = self.get(&format!("/threads/{root}/messages")).await?;
        self.store
            .update(|store| store.add_replies(id, root, page.items, true));
        Ok(())
    }

    /// Loads the replies before the first one that is loaded, if there are any.
    pub async fn load_older_replies(
        self,
        id: ConversationId,
        root: MessageId,
    ) -> Result<(), AppError> {
        let first = self.store.with_untracked(|store| {
            let first = store.replies(id, root)?.first();
            first.filter(|first| *first > 1)
        });
        let Some(first) = first else { return Ok(()) };
        let path = format!("/threads/{root}/messages?before={first}");
        let page: Page<Message> = self.get(&path).await?;
        self.store
            .update(|store| store.add_replies(id, root, page.items, false));
        Ok(())
    }

    /// Marks replies up to a number as read.
    pub async fn mark_thread_read(self, root: MessageId, position: i64) {
        let moved = self
            .store
            .try_update(|store| store.mark_thread_read(root, position));
        if moved != Some(true) {
            return;
        }
        let path = format!("/threads/{root}/read");
        let body = to_json(&PositionBody { position });
        // The next reply that is seen marks what this request has lost.
        if let Ok(state) = self.request_json::<ThreadState>("POST", &path, body).await {
            self.store.update(|store| store.set_thread_state(state));
        }
    }

    pub async fn follow_thread(self, root: MessageId, following: bool) -> Result<(), AppError> {
        let method = if following { "PUT" } else { "DELETE" };
        let path = format!("/threads/{root}/follow");
        let state = self.request_json(method, &path, None).await?;
        self.store.update(|store| store.set_thread_state(state));
        Ok(())
    }

    /// Loads the pinned messages: at most 100 in a conversation.
    pub(super) async fn load_pins(self, id: ConversationId) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/pins?limit=100");
        let page: Page<Message> = self.get(&path).await?;
        self.store.update(|store| store.set_pins(id, page.items));
        Ok(())
    }

    pub async fn set_pinned(self, id: MessageId, is_pinned: bool) -> Result<(), AppError> {
        let method = if is_pinned { "PUT" } else { "DELETE" };
        let path = format!("/messages/{id}/pin");
        let message = self.request_json(method, &path, None).await?;
        self.apply_response(message);
        Ok(())
    }

    /// A page of the user's saved messages, the one that was saved last first.
    pub async fn saved_messages(
        self,
        cursor: Option<String>,
    ) -> Result<Page<SavedMessage>, AppError> {
        self.get(&format!("/me/saved?limit=50{}", after(cursor)))
            .await
    }

    /// Reads which messages the user has saved last, for their menus.
    pub(super) async fn load_saved(self) -> Result<(), AppError> {
        let page = self.saved_messages(None).await?;
        self.store.update(|store| {
            for saved in page.items {
                store.set_saved(saved.message.id, true);
            }
        });
        Ok(())
    }

    pub async fn set_saved(self, id: MessageId, is_saved: bool) -> Result<(), AppError> {
        let method = if is_saved { "PUT" } else { "DELETE" };
        self.request(method, &format!("/me/saved/{id}"), None)
            .await?;
        self.store.update(|store| store.set_saved(id, is_saved));
        Ok(())
    }

    /// Marks the messages from a position on as unread, until the conversation is opened anew.
    pub async fn mark_unread(self, id: ConversationId, position: i64) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/unread");
        let body = to_json(&PositionBody { position });
        let counts: Unread = self.request_json("POST", &path, body).await?;
        self.store
            .update(|store| store.mark_unread(id, position - 1, &counts));
        Ok(())
    }

    /// A page of those who follow a thread.
    pub async fn thread_followers(
        self,
        root: MessageId,
        cursor: Option<String>,
    ) -> Result<ThreadFollowers, AppError> {
        let path = format!("/threads/{root}/followers?limit=50{}", after(cursor));
        self.get(&path).await
    }

    /// A page of those who have read or received a message.
    pub async fn message_receipts(
        self,
        id: MessageId,
        cursor: Option<String>,
    ) -> Result<MessageReceipts, AppError> {
        let path = format!("/messages/{id}/receipts?limit=50{}", after(cursor));
        self.get(&path).await
    }
}

/// The part of a query that asks for the page after a cursor, which has digits and full stops only.
fn after(cursor: Option<String>) -> String {
    cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"))
}
