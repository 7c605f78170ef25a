//! Requests about conversations and their members, and loading their messages.

use super::{
    ChatClient,
    browser::{is_seen, spawn},
    client_id::new_client_id,
    connection::with_state,
    rest::{percent_encode, to_json},
};
use crate::{
    error::AppError,
    store::{ChatStore, ConnectionStatus, Stretch, Timeline, first_unread_beyond_newest_page},
};
use model::{
    ConversationChanges, ConversationId, ConversationSummary, ErrorCode, Event, Favorite, Member,
    MemberRole, Message, MessageId, NewConversation, NewMembers, Page, User, UserId,
};
use serde::Serialize;

/// Members that are loaded when a conversation is opened; the panel of members loads more. While some are
/// missing, no message is shown as delivered or read, because `ChatStore::delivery_status` needs all.
const MEMBERS_PER_PAGE: u32 = 100;

#[derive(Serialize)]
struct RoleBody {
    role: MemberRole,
}

#[derive(Serialize)]
struct FavoriteOrder {
    ids: Vec<ConversationId>,
}

impl ChatClient {
    /// Loads summary, members and newest page of a conversation as far as the store lacks them.
    /// The page is around `message` where one is given, and around the first unread message where that is
    /// not in the newest page.
    pub async fn open_conversation(
        self,
        id: ConversationId,
        message: Option<MessageId>,
    ) -> Result<(), AppError> {
        if self
            .store
            .with_untracked(|store| store.summary(id).is_none())
        {
            let summary = self.get(&format!("/conversations/{id}")).await?;
            self.store.update(|store| store.add_summary(summary));
        }
        // Before members and messages are requested: changes that happen meanwhile are then applied.
        self.store.update(|store| {
            store.watch(id);
            store.end_marked_unread(id);
            store.end_missed(id);
        });
        let (has_members, has_timeline) = self
            .store
            .with_untracked(|store| (store.members(id).is_some(), store.timeline(id).is_some()));
        if self.store.with_untracked(|store| store.pins(id).is_none()) {
            spawn(async move { drop(self.load_pins(id).await) });
        }
        if !has_members {
            // Beside the messages: what shows the names of members follows when they are there.
            spawn(async move { drop(self.load_members(id).await) });
        }
        if !has_timeline {
            self.load_first_page(id, message).await?;
        }
        Ok(())
    }

    async fn load_first_page(
        self,
        id: ConversationId,
        message: Option<MessageId>,
    ) -> Result<(), AppError> {
        // Where it is not there, the view says so (`ConversationView::show_message`).
        if let Some(message) = message
            && let Ok(message) = self.message(message).await
            && message.conversation_id == id
        {
            return self.load_around(id, message.position).await;
        }
        let first_unread = self
            .store
            .with_untracked(|store| first_unread_beyond_newest_page(store.summary(id)?));
        match first_unread {
            Some(position) => self.load_around(id, position).await,
            None => self.load_newest(id).await,
        }
    }

    async fn load_members(self, id: ConversationId) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/members?limit={MEMBERS_PER_PAGE}");
        let page: Page<Member> = self.get(&path).await?;
        self.store.update(|store| store.add_members(id, page.items));
        Ok(())
    }

    /// Loads a page of the members whose username or name contains a text, or of all. Their ids, and the
    /// cursor of the next page.
    pub async fn load_member_page(
        self,
        id: ConversationId,
        query: &str,
        cursor: Option<String>,
    ) -> Result<(Vec<UserId>, Option<String>), AppError> {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let path = format!(
            "/conversations/{id}/members?limit={MEMBERS_PER_PAGE}&query={}{cursor}",
            percent_encode(query)
        );
        let page: Page<Member> = self.get(&path).await?;
        let ids = page.items.iter().map(|member| member.user.id).collect();
        self.store.update(|store| store.add_members(id, page.items));
        Ok((ids, page.next_cursor))
    }

    /// Loads what is new in a conversation that the user is no member of, while the page is seen. Where newer
    /// messages are not loaded anyway, only its summary.
    pub(super) fn refresh_preview(self, id: ConversationId) {
        let is_online =
            self.store.with_untracked(ChatStore::connection_status) == ConnectionStatus::Online;
        if !is_online || !is_seen() {
            return;
        }
        let is_at_end = self.store.with_untracked(|store| !store.has_newer(id));
        spawn(async move {
            match self.get(&format!("/conversations/{id}")).await {
                Ok(summary) => self.store.update(|store| store.add_summary(summary)),
                Err(AppError(problem)) => return self.end_preview(id, problem.code),
            }
            if is_at_end {
                // On failure the next time tries again.
                drop(self.load_newest(id).await);
            }
        });
    }

    /// What was not found will not be asked for again: without it its page says so. After another failure the next time
    /// tries again.
    fn end_preview(self, id: ConversationId, code: ErrorCode) {
        // It may have been joined meanwhile, of which events tell.
        let is_preview = self.store.with_untracked(|store| {
            let summary = store.summary(id);
            summary.is_some_and(|summary| summary.role.is_none())
        });
        if is_preview && matches!(code, ErrorCode::NotFound | ErrorCode::Forbidden) {
            self.remove_locally(id);
        }
    }

    /// Loads the page before the first message of the timeline, if there is one.
    pub async fn load_older(self, id: ConversationId) -> Result<(), AppError> {
        let first = self.store.with_untracked(|store| {
            let timeline = store.timeline(id).filter(|_| store.has_older(id));
            timeline.and_then(Timeline::first)
        });
        let Some(first) = first else { return Ok(()) };
        if let Some(page) = self
            .load_page(id, "older", &format!("&before={first}"))
            .await?
        {
            let page = Stretch::from(page.items).up_to(first - 1);
            self.store.update(|store| store.add_adjacent(id, page));
        }
        Ok(())
    }

    /// Loads the page after the last message of the timeline, if there is one.
    pub async fn load_newer(self, id: ConversationId) -> Result<(), AppError> {
        let last = self.store.with_untracked(|store| {
            let timeline = store.timeline(id).filter(|_| store.has_newer(id));
            timeline.map(Timeline::last)
        });
        let Some(last) = last else { return Ok(()) };
        let newest = self.newest_position(id);
        if let Some(page) = self
            .load_page(id, "newer", &format!("&after={last}"))
            .await?
        {
            let is_last = page.next_cursor.is_none();
            let mut page = Stretch::from(page.items).after(last);
            if is_last {
                page = page.up_to(newest);
            }
            self.store.update(|store| store.add_adjacent(id, page));
        }
        Ok(())
    }

    /// Loads the page around a position. It replaces the timeline unless it touches it.
    pub async fn load_around(self, id: ConversationId, position: i64) -> Result<(), AppError> {
        let around = format!("&around={position}");
        if let Some(page) = self.load_page(id, "around", &around).await? {
            self.store.update(|store| store.merge_page(id, page.items));
        }
        Ok(())
    }

    /// Loads the newest page. It replaces the timeline unless it touches it.
    pub async fn load_newest(self, id: ConversationId) -> Result<(), AppError> {
        let newest = self.newest_position(id);
        if let Some(page) = self.load_page(id, "newest", "").await? {
            let page = Stretch::from(page.items).up_to(newest);
            self.store.update(|store| store.merge_page(id, page));
        }
        Ok(())
    }

    /// The position of the newest message that is known: a page that is asked for now, and is the last one,
    /// covers it, also where it is in a thread only.
    fn newest_position(self, id: ConversationId) -> i64 {
        self.store.with_untracked(|store| {
            let summary = store.summary(id);
            summary.map_or(0, |summary| summary.conversation.position)
        })
    }

    /// Requests a page of the main line; `None` while the same kind of page is being loaded.
    async fn load_page(
        self,
        id: ConversationId,
        kind: &'static str,
        query: &str,
    ) -> Result<Option<Page<Message>>, AppError> {
        if with_state(|state| state.loading.insert((id, kind), ())).is_some() {
            return Ok(None);
        }
        let page: Result<Page<Message>, _> = self
            .get(&format!(
                "/conversations/{id}/messages?mainLine=true{query}"
            ))
            .await;
        with_state(|state| state.loading.remove(&(id, kind)));
        Ok(Some(page?))
    }

    /// Creates a conversation, or finds the direct one that exists, and adds it to the store.
    pub async fn create_conversation(
        self,
        mut new: NewConversation,
    ) -> Result<ConversationSummary, AppError> {
        new.client_id.get_or_insert_with(new_client_id);
        let summary: ConversationSummary = self
            .request_json("POST", "/conversations", to_json(&new))
            .await?;
        self.store
            .update(|store| store.add_summary(summary.clone()));
        Ok(summary)
    }

    pub async fn update_conversation(
        self,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<(), AppError> {
        let summary = self
            .request_json("PATCH", &format!("/conversations/{id}"), to_json(&changes))
            .await?;
        self.store.update(|store| store.add_summary(summary));
        Ok(())
    }

    pub async fn remove_conversation_picture(self, id: ConversationId) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/picture");
        self.request("DELETE", &path, None).await.map(drop)
    }

    pub async fn delete_conversation(self, id: ConversationId) -> Result<(), AppError> {
        self.request("DELETE", &format!("/conversations/{id}"), None)
            .await?;
        self.remove_locally(id);
        Ok(())
    }

    /// Marks a conversation as a favorite, or no longer.
    pub async fn set_favorite(self, id: ConversationId, on: bool) -> Result<(), AppError> {
        let method = if on { "PUT" } else { "DELETE" };
        let path = format!("/me/favorites/{id}");
        let favorites = self.request_json(method, &path, None).await?;
        self.take_favorites(favorites);
        Ok(())
    }

    /// Puts the favorites into this order.
    pub async fn order_favorites(self, ids: Vec<ConversationId>) -> Result<(), AppError> {
        let body = to_json(&FavoriteOrder { ids });
        let favorites = self.request_json("PUT", "/me/favorites", body).await?;
        self.take_favorites(favorites);
        Ok(())
    }

    /// After a reconnect: what has changed meanwhile is not told again.
    pub(super) async fn load_favorites(self) -> Result<(), AppError> {
        let favorites = self.get("/me/favorites").await?;
        self.take_favorites(favorites);
        Ok(())
    }

    fn take_favorites(self, favorites: Vec<Favorite>) {
        self.store
            .update(|store| store.apply(Event::FavoritesChanged { favorites }));
    }

    pub async fn join_channel(self, id: ConversationId) -> Result<(), AppError> {
        let summary = self
            .request_json("POST", &format!("/conversations/{id}/join"), None)
            .await?;
        self.store.update(|store| store.add_summary(summary));
        self.resync_if_behind();
        Ok(())
    }

    pub async fn leave_conversation(self, id: ConversationId) -> Result<(), AppError> {
        self.request("POST", &format!("/conversations/{id}/leave"), None)
            .await?;
        self.remove_locally(id);
        Ok(())
    }

    /// Removes a conversation without waiting for the event.
    fn remove_locally(self, conversation_id: ConversationId) {
        self.store.update(|store| {
            store.apply(Event::ConversationRemoved {
                conversation_id,
                seq: i64::MAX,
            });
        });
    }

    pub async fn add_members(self, id: ConversationId, new: NewMembers) -> Result<(), AppError> {
        self.request(
            "POST",
            &format!("/conversations/{id}/members"),
            to_json(&new),
        )
        .await
        .map(drop)
    }

    pub async fn remove_member(self, id: ConversationId, user: UserId) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/members/{user}");
        self.request("DELETE", &path, None).await.map(drop)
    }

    pub async fn set_member_role(
        self,
        id: ConversationId,
        user: UserId,
        role: MemberRole,
    ) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/members/{user}");
        let body = to_json(&RoleBody { role });
        self.request("PATCH", &path, body).await.map(drop)
    }

    pub async fn search_users(self, query: String) -> Result<Vec<User>, AppError> {
        let path = format!("/users?limit=20&query={}", percent_encode(&query));
        let page: Page<User> = self.get(&path).await?;
        Ok(page.items)
    }

    /// Public channels that the user is not a member of, at most 20.
    pub async fn open_channels(self, query: String) -> Result<Vec<ConversationSummary>, AppError> {
        let path = format!(
            "/conversations?joined=false&limit=20&query={}",
            percent_encode(&query)
        );
        let page: Page<ConversationSummary> = self.get(&path).await?;
        Ok(page.items)
    }
}
