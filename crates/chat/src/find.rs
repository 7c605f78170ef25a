//! Finding a place by its name, as somebody types it: conversations, channels to join, people, and the newest
//! messages with the text.

use crate::{Caller, Chat, Error, Result, nearly_named::FEW, page, text};
use model::{ConversationId, ConversationSummary, Found, FoundPlace, User, UserId};
use sqlx::{PgConnection, types::Json};
use std::collections::HashMap;

/// Messages are searched for from this many characters on.
const MIN_MESSAGE_QUERY: usize = 3;

const DEFAULT_PLACES: i64 = 20;
const MAX_PLACES: i64 = 50;
const MAX_MESSAGES: i64 = 5;

impl Chat {
    /// The places whose names have the query in them, the best first, at most `limit` (1 to 50, 20 by default),
    /// and the newest messages with it. Where places are few, also those that are meant if the query has typing errors. Without a query the caller's conversations, favorites and those used last first.
    pub async fn find(&self, caller: &Caller, query: &str, limit: Option<i64>) -> Result<Found> {
        let query = page::query("q", Some(query))?;
        let limit = limit.unwrap_or(DEFAULT_PLACES);
        if !(1..=MAX_PLACES).contains(&limit) {
            return Err(Error::invalid("limit", "must be 1 to 50"));
        }
        let mut db = self.0.db.acquire().await?;
        let places = sqlx::query!(
            r#"select place as "place!", id as "id!" from find_places($1, $2, $3)"#,
            caller.user_id.0,
            query,
            limit
        )
        .fetch_all(&mut *db)
        .await?;
        let mut all: Vec<_> = places.into_iter().map(|it| (it.place, it.id)).collect();
        let named = all.len();
        if named < FEW {
            let meant = self.places_nearly_named(&mut db, caller, query).await?;
            for place in meant.into_iter().map(|it| (it.place, it.id)) {
                if !all.contains(&place) {
                    all.push(place);
                }
            }
        }
        let mut conversations = self.found_conversations(&mut db, caller, &all).await?;
        let mut people = self.found_people(&mut db, &all).await?;
        let mut found = |(place, id): (String, i64)| {
            Some(match place.as_str() {
                "person" => FoundPlace::Person {
                    user: people.remove(&UserId(id))?,
                },
                "channel" => FoundPlace::Channel {
                    conversation: conversations.remove(&ConversationId(id))?,
                },
                _ => FoundPlace::Conversation {
                    conversation: conversations.remove(&ConversationId(id))?,
                },
            })
        };
        let meant = all.split_off(named);
        let places = all.into_iter().filter_map(&mut found).collect();
        let meant = meant.into_iter().filter_map(&mut found).collect();
        let messages = if query.chars().count() >= MIN_MESSAGE_QUERY && !text::is_blank(query) {
            self.newest_with(&mut db, caller, query, MAX_MESSAGES)
                .await?
        } else {
            Vec::new()
        };
        Ok(Found {
            places,
            meant,
            messages,
        })
    }

    async fn found_conversations(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        places: &[(String, i64)],
    ) -> Result<HashMap<ConversationId, Box<ConversationSummary>>> {
        let ids = places.iter().filter(|(place, _)| place != "person");
        let ids: Vec<i64> = ids.map(|(_, id)| *id).collect();
        let summaries = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and id = any($2) and (role is not null or not private)"#,
            caller.user_id.0,
            &ids
        )
        .fetch_all(db)
        .await?;
        let summaries = self.complete_summaries(summaries).into_iter();
        Ok(summaries
            .map(|it| (it.conversation.id, Box::new(it)))
            .collect())
    }

    async fn found_people(
        &self,
        db: &mut PgConnection,
        places: &[(String, i64)],
    ) -> Result<HashMap<UserId, User>> {
        let ids = places.iter().filter(|(place, _)| place == "person");
        let ids: Vec<i64> = ids.map(|(_, id)| *id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let users = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u where id = any($1) and deleted_at is null"#,
            &ids
        )
        .fetch_all(db)
        .await?;
        let users = users.into_iter().map(|Json(it)| self.with_presence(it));
        Ok(users.map(|it| (it.id, it)).collect())
    }
}
