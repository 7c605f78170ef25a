//! Favorites: conversations and users that a user has marked, on all of their devices.

use crate::{Caller, Chat, Delivery, Error, Result};
use model::{ConversationId, ConversationSummary, Event, Favorite, User, UserId};
use sqlx::types::Json;
use std::collections::HashMap;

/// Favorites of a user. An event carries the whole list.
const MAX_FAVORITES: i64 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FavoriteTarget {
    Conversation(ConversationId),
    User(UserId),
}

impl Chat {
    /// The caller's favorites in the order in which they were added, without conversations that the
    /// caller has left.
    pub async fn favorites(&self, caller: &Caller) -> Result<Vec<Favorite>> {
        let rows = sqlx::query!(
            r#"select f.conversation_id,
                case when person.id is not null then user_json(person) end as "user: Json<User>", (
                select left(last.body, 200) from conversations c
                join messages last on last.conversation_id = c.id and last.position = c.position
                where c.kind = 'direct' and c.low_user_id = least(f.user_id, f.person_id)
                    and c.high_user_id = greatest(f.user_id, f.person_id)
            ) as last_message
            from favorites f left join users person on person.id = f.person_id
            where f.user_id = $1 order by f.id"#,
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
                    last_message: row.last_message,
                }),
            });
        Ok(favorites.collect())
    }

    /// Adds or removes a favorite; whether it is one now. A conversation must be one of the
    /// caller's.
    /// `Conflict` beyond 200 favorites.
    pub async fn toggle_favorite(&self, caller: &Caller, target: FavoriteTarget) -> Result<bool> {
        let (conversation_id, person_id) = match target {
            FavoriteTarget::Conversation(id) => {
                self.require_member(caller, id).await?;
                (Some(id.0), None)
            }
            FavoriteTarget::User(id) => {
                self.user_card(id).await?;
                (None, Some(id.0))
            }
        };
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
        if removed == 0 {
            let added = sqlx::query!(
                "insert into favorites (user_id, conversation_id, person_id)
                select $1, $2, $3 where (select count(*) from favorites where user_id = $1) < $4
                on conflict do nothing",
                caller.user_id.0,
                conversation_id,
                person_id,
                MAX_FAVORITES
            );
            added.execute(&self.0.db).await?;
        }
        let favorites = self.favorites(caller).await?;
        let is_favorite = favorites.iter().any(|it| target.matches(it));
        if removed == 0 && !is_favorite {
            return Err(Error::Conflict("Nobody can have more than 200 favorites."));
        }
        let event = Event::FavoritesChanged { favorites };
        self.0.bus.publish(Delivery::to_user(caller.user_id, event));
        Ok(is_favorite)
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
        let summaries = self.summaries_with_presence(summaries).into_iter();
        Ok(summaries.map(|it| (it.conversation.id.0, it)).collect())
    }
}

impl FavoriteTarget {
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
