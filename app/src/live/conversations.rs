//! What a person does with conversations and their members.

use super::{
    Live,
    drafts::new_client_id,
    rest::{encode, write},
    wires,
};
use crate::{error::AppError, store::Timeline};
use model::{
    ConversationChanges, ConversationId, ConversationSummary, Event, Member, MemberRole, Message,
    NewConversation, NewMembers, Page, User, UserId,
};
use serde::Serialize;

#[derive(Serialize)]
struct NewRole {
    role: MemberRole,
}

impl Live {
    /// Makes sure that a conversation's head, newest page and members are known.
    pub async fn open(self, id: ConversationId) -> Result<(), AppError> {
        if self.store.with_untracked(|store| store.head(id).is_none()) {
            let head = self.get(&format!("/conversations/{id}")).await?;
            self.store.update(|store| store.add_head(head));
        }
        // Before anything is read, so that no change can fall in between.
        self.store.update(|store| store.watch(id));
        if self
            .store
            .with_untracked(|store| store.members(id).is_none())
        {
            let path = format!("/conversations/{id}/members?limit=100");
            let page: Page<Member> = self.get(&path).await?;
            self.store.update(|store| store.add_members(id, page.items));
        }
        // After the members: mentions and reactions are told by their names.
        if self
            .store
            .with_untracked(|store| store.timeline(id).is_none())
        {
            self.load_newest(id).await?;
        }
        Ok(())
    }

    /// The page before the first message that is known.
    pub async fn load_older(self, id: ConversationId) -> Result<(), AppError> {
        let first = self.store.with_untracked(|store| {
            let timeline = store.timeline(id).filter(|_| store.has_older(id));
            timeline.and_then(Timeline::first)
        });
        let Some(first) = first else { return Ok(()) };
        let Some(page) = self.load(id, "older", &format!("before={first}")).await? else {
            return Ok(());
        };
        self.store.update(|store| store.add_adjacent(id, page));
        Ok(())
    }

    /// The page after the last message that is known.
    pub async fn load_newer(self, id: ConversationId) -> Result<(), AppError> {
        let last = self.store.with_untracked(|store| {
            let timeline = store.timeline(id).filter(|_| store.has_newer(id));
            timeline.map(Timeline::last)
        });
        let Some(last) = last else { return Ok(()) };
        let Some(page) = self.load(id, "newer", &format!("after={last}")).await? else {
            return Ok(());
        };
        self.store.update(|store| store.add_adjacent(id, page));
        Ok(())
    }

    /// The page around a position, in place of what is known elsewhere.
    pub async fn load_around(self, id: ConversationId, position: i64) -> Result<(), AppError> {
        let around = format!("around={position}");
        if let Some(page) = self.load(id, "around", &around).await? {
            self.store.update(|store| store.add_newest(id, page));
        }
        Ok(())
    }

    /// The newest page, in place of what is known elsewhere.
    pub async fn load_newest(self, id: ConversationId) -> Result<(), AppError> {
        if let Some(page) = self.load(id, "newest", "").await? {
            self.store.update(|store| store.add_newest(id, page));
        }
        Ok(())
    }

    /// A page of messages; none while the same is being read already.
    async fn load(
        self,
        id: ConversationId,
        what: &'static str,
        query: &str,
    ) -> Result<Option<Vec<Message>>, AppError> {
        if wires::with(|wires| wires.loading.insert((id, what), ())).is_some() {
            return Ok(None);
        }
        let page: Result<Page<Message>, _> = self
            .get(&format!("/conversations/{id}/messages?{query}"))
            .await;
        wires::with(|wires| wires.loading.remove(&(id, what)));
        Ok(Some(page?.items))
    }

    /// Finds or begins a conversation, and knows it from then on.
    pub async fn create_conversation(
        self,
        mut new: NewConversation,
    ) -> Result<ConversationSummary, AppError> {
        new.client_id.get_or_insert_with(new_client_id);
        let head: ConversationSummary = self.ask("POST", "/conversations", write(&new)).await?;
        self.store.update(|store| store.add_head(head.clone()));
        Ok(head)
    }

    pub async fn update_conversation(
        self,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<(), AppError> {
        let head = self
            .ask("PATCH", &format!("/conversations/{id}"), write(&changes))
            .await?;
        self.store.update(|store| store.add_head(head));
        Ok(())
    }

    pub async fn delete_conversation(self, id: ConversationId) -> Result<(), AppError> {
        self.request("DELETE", &format!("/conversations/{id}"), None)
            .await?;
        self.lose(id);
        Ok(())
    }

    pub async fn join(self, id: ConversationId) -> Result<(), AppError> {
        let head = self
            .ask("POST", &format!("/conversations/{id}/join"), None)
            .await?;
        self.store.update(|store| store.add_head(head));
        self.heal();
        Ok(())
    }

    pub async fn leave(self, id: ConversationId) -> Result<(), AppError> {
        self.request("POST", &format!("/conversations/{id}/leave"), None)
            .await?;
        self.lose(id);
        Ok(())
    }

    /// Does not wait for the socket to tell.
    fn lose(self, conversation_id: ConversationId) {
        self.store.update(|store| {
            store.apply(Event::ConversationRemoved {
                conversation_id,
                seq: i64::MAX,
            });
        });
    }

    pub async fn add_members(self, id: ConversationId, new: NewMembers) -> Result<(), AppError> {
        self.request("POST", &format!("/conversations/{id}/members"), write(&new))
            .await
            .map(drop)
    }

    pub async fn remove_member(self, id: ConversationId, user: UserId) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/members/{user}");
        self.request("DELETE", &path, None).await.map(drop)
    }

    pub async fn set_role(
        self,
        id: ConversationId,
        user: UserId,
        role: MemberRole,
    ) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/members/{user}");
        let body = write(&NewRole { role });
        self.request("PATCH", &path, body).await.map(drop)
    }

    pub async fn search_users(self, query: String) -> Result<Vec<User>, AppError> {
        let path = format!("/users?limit=20&query={}", encode(&query));
        let page: Page<User> = self.get(&path).await?;
        Ok(page.items)
    }

    /// Public channels that I could join.
    pub async fn open_channels(self, query: String) -> Result<Vec<ConversationSummary>, AppError> {
        let path = format!(
            "/conversations?joined=false&limit=20&query={}",
            encode(&query)
        );
        let page: Page<ConversationSummary> = self.get(&path).await?;
        Ok(page.items)
    }
}
