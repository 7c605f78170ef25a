//! Favorites: conversations and users that a user has marked, on all of their devices.

use crate::{Caller, Chat, Delivery, Error, Result, page, text::clip_preview};
use model::{ConversationId, ConversationSummary, Event, Favorite, User, UserId, UserRole};
use sqlx::types::Json;
use std::collections::HashMap;
use time::OffsetDateTime;

/// Favorites of a user. An event carries the whole list.
const MAX_FAVORITES: i64 = 200;

/// Users of a node who are told their favorites again after a loss.
const MAX_MISSED_FAVORITES: i64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FavoriteTarget {
    Conversation(ConversationId),
    User(UserId),
}

impl Chat {
    /// The caller's favorites in their order, and else in that in which they were added, without conversations that the
    /// caller has left.
    pub async fn favorites(&self, caller: &Caller) -> Result<Vec<Favorite>> {
        let rows = sqlx::query!(
            r#"select f.conversation_id,
                case when person.id is not null then user_json(person) end as "user: Json<User>", (
                select preview_text(last.body) from conversations c
                join messages last on last.conversation_id = c.id and last.position = c.position
                where c.kind = 'direct' and c.low_user_id = least(f.user_id, f.person_id)
                    and c.high_user_id = greatest(f.user_id, f.person_id)
            ) as last_message
            from favorites f left join users person on person.id = f.person_id
            where f.user_id = $1 order by f.place nulls last, f.id"#,
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut conversations = self.favorite_conversations(caller).await?;
        let favorites = rows
            .into_iter()
            .filter_map(|row| match row.conversation_id {
                Some(id) => {
                    let conversation = Box::new(conversations.remove(&id)?);
                    Some(Favorite::Conversation { conversation })
                }
                None => Some(Favorite::User {
                    user: self.with_presence(row.user?.0),
                    last_message: row.last_message.map(|mut body| {
                        clip_preview(&mut body);
                        body
                    }),
                }),
            });
        Ok(favorites.collect())
    }

    /// Adds a favorite, or removes it, unless that has happened. The caller's favorites. A conversation must be one
    /// of the caller's.
    /// `Conflict` beyond 200 favorites.
    pub async fn set_favorite(
        &self,
        caller: &Caller,
        target: FavoriteTarget,
        on: bool,
    ) -> Result<Vec<Favorite>> {
        self.require_target(caller, target).await?;
        if on {
            self.add_favorite(caller, target).await
        } else if self.remove_favorite(caller, target).await? {
            self.publish_favorites(caller).await
        } else {
            self.favorites(caller).await
        }
    }

    /// Adds or removes a favorite; whether it is one now. A conversation must be one of the
    /// caller's.
    /// `Conflict` beyond 200 favorites.
    pub async fn toggle_favorite(&self, caller: &Caller, target: FavoriteTarget) -> Result<bool> {
        self.require_target(caller, target).await?;
        let is_favorite = !self.remove_favorite(caller, target).await?;
        if is_favorite {
            self.add_favorite(caller, target).await?;
        } else {
            self.publish_favorites(caller).await?;
        }
        Ok(is_favorite)
    }

    /// Puts the caller's favorite conversations into this order. Favorites that it does not name stand behind
    /// those; what is no favorite is passed over. The caller's favorites. At most 200 are named.
    pub async fn order_favorites(
        &self,
        caller: &Caller,
        ids: &[ConversationId],
    ) -> Result<Vec<Favorite>> {
        if page::len(ids) > MAX_FAVORITES {
            return Err(Error::invalid("ids", "must have at most 200 items"));
        }
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        sqlx::query!(
            "update favorites set place = array_position($2::bigint[], conversation_id)
            where user_id = $1",
            caller.user_id.0,
            &ids
        )
        .execute(&self.0.db)
        .await?;
        self.publish_favorites(caller).await
    }

    /// Tells the caller's devices that the favorites have changed. The favorites.
    async fn publish_favorites(&self, caller: &Caller) -> Result<Vec<Favorite>> {
        sqlx::query!(
            "update users set favorites_changed_at = clock_timestamp() where id = $1",
            caller.user_id.0
        )
        .execute(&self.0.db)
        .await?;
        let favorites = self.favorites(caller).await?;
        let event = Event::FavoritesChanged {
            favorites: favorites.clone(),
        };
        self.0.bus.publish(Delivery::to_user(caller.user_id, event));
        Ok(favorites)
    }

    async fn require_target(&self, caller: &Caller, target: FavoriteTarget) -> Result<()> {
        match target {
            FavoriteTarget::Conversation(id) => self.require_member(caller, id).await.map(drop),
            FavoriteTarget::User(id) => self.user_card(id).await.map(drop),
        }
    }

    /// The caller's favorites, with this one.
    async fn add_favorite(&self, caller: &Caller, target: FavoriteTarget) -> Result<Vec<Favorite>> {
        let (conversation_id, person_id) = target.ids();
        let added = sqlx::query!(
            "insert into favorites (user_id, conversation_id, person_id)
            select $1, $2, $3 where (select count(*) from favorites where user_id = $1) < $4
            on conflict do nothing",
            caller.user_id.0,
            conversation_id,
            person_id,
            MAX_FAVORITES
        )
        .execute(&self.0.db)
        .await?
        .rows_affected();
        if added > 0 {
            return self.publish_favorites(caller).await;
        }
        let favorites = self.favorites(caller).await?;
        if favorites.iter().any(|it| target.matches(it)) {
            Ok(favorites)
        } else {
            Err(Error::Conflict("Nobody can have more than 200 favorites."))
        }
    }

    /// Whether it was one.
    async fn remove_favorite(&self, caller: &Caller, target: FavoriteTarget) -> Result<bool> {
        let (conversation_id, person_id) = target.ids();
        let removed = sqlx::query!(
            "delete from favorites
            where user_id = $1 and (conversation_id = $2 or person_id = $3)",
            caller.user_id.0,
            conversation_id,
            person_id
        )
        .execute(&self.0.db)
        .await?
        .rows_affected();
        Ok(removed > 0)
    }

    /// Tells those of these users, at most `MAX_MISSED_FAVORITES`, their favorites on the devices of this node
    /// who have changed them since then: what told them may have been lost.
    pub(crate) async fn publish_missed_favorites(
        &self,
        user_ids: &[UserId],
        since: OffsetDateTime,
    ) -> Result<()> {
        let ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
        let changed = sqlx::query_scalar!(
            "select id from users where id = any($1) and favorites_changed_at > $2
            order by favorites_changed_at desc limit $3",
            &ids,
            since,
            MAX_MISSED_FAVORITES
        )
        .fetch_all(&self.0.db)
        .await?;
        for id in changed {
            // Each has a list of their own, which only this loss costs a query.
            let caller = Caller {
                user_id: UserId(id),
                session_id: None,
                role: UserRole::Member,
                app_id: None,
                grant: None,
                origin: crate::Origin::default(),
            };
            let favorites = self.favorites(&caller).await?;
            let event = Event::FavoritesChanged { favorites };
            self.0
                .bus
                .publish_local(Delivery::to_user(UserId(id), event));
        }
        Ok(())
    }

    async fn favorite_conversations(
        &self,
        caller: &Caller,
    ) -> Result<HashMap<i64, ConversationSummary>> {
        let summaries = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null and id = any(array(
                select conversation_id from favorites
                where user_id = $1 and conversation_id is not null
            ))"#,
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let summaries = self.complete_summaries(summaries).into_iter();
        Ok(summaries.map(|it| (it.conversation.id.0, it)).collect())
    }
}

impl FavoriteTarget {
    /// The conversation or the person: one of them.
    fn ids(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Conversation(id) => (Some(id.0), None),
            Self::User(id) => (None, Some(id.0)),
        }
    }

    fn matches(self, favorite: &Favorite) -> bool {
        match (self, favorite) {
            (Self::Conversation(id), Favorite::Conversation { conversation }) => {
                conversation.conversation.id == id
            }
            (Self::User(id), Favorite::User { user, .. }) => user.id == id,
            _ => false,
        }
    }
}
