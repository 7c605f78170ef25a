//! User cards, cached: what contracts show of the sender of each message.

pub(crate) mod cache;

pub use cache::UserCard;

use crate::{
    Chat, Error, Result, accounts::role::parse_user_role, apps::ExternalId, error::shared,
};
use model::{AppId, UserId};
use std::{collections::HashMap, sync::Arc};

impl Chat {
    /// Checks no relation to the user: callers have decided who the audience is.
    pub async fn user_card(&self, id: UserId) -> Result<Arc<UserCard>> {
        let load = async {
            let found = self.load_user_cards(&[id.0]).await?.pop();
            found.map(Arc::new).ok_or(Error::NotFound("user"))
        };
        let cards = &self.0.user_cards;
        cards.try_get_with(id, load).await.map_err(shared)
    }

    /// The cards of those of the users that exist, by id.
    pub async fn user_cards(&self, ids: &[UserId]) -> Result<HashMap<UserId, Arc<UserCard>>> {
        let mut cards = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match self.0.user_cards.get(id).await {
                Some(card) => drop(cards.insert(*id, card)),
                None => missing.push(id.0),
            }
        }
        if missing.is_empty() {
            return Ok(cards);
        }
        for card in self.load_user_cards(&missing).await? {
            let (id, card) = (card.id, Arc::new(card));
            self.0.user_cards.insert(id, Arc::clone(&card)).await;
            cards.insert(id, card);
        }
        Ok(cards)
    }

    async fn load_user_cards(&self, ids: &[i64]) -> Result<Vec<UserCard>> {
        let rows = sqlx::query!(
            r#"select u.id, u.username, u.name, u.email, u.shares_email, u.avatar_url, u.role, u.is_bot,
                array(select a.app_id from app_users a where a.user_id = u.id order by a.app_id)
                    as "app_ids!",
                array(select a.external_id from app_users a where a.user_id = u.id order by a.app_id)
                    as "external_ids!"
            from users u where u.id = any($1)"#,
            ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let cards = rows.into_iter().map(|row| UserCard {
            id: UserId(row.id),
            username: row.username,
            name: row.name,
            email: row.email,
            shares_email: row.shares_email,
            avatar_url: row.avatar_url,
            role: parse_user_role(&row.role),
            is_bot: row.is_bot,
            external_ids: external_ids(row.app_ids, &row.external_ids),
        });
        Ok(cards.collect())
    }
}

fn external_ids(apps: Vec<i64>, ids: &[String]) -> Box<[(AppId, ExternalId)]> {
    let ids = ids.iter().map(|id| ExternalId::parse(id));
    let pairs = apps.into_iter().map(AppId).zip(ids);
    pairs
        .filter_map(|(app_id, id)| Some((app_id, id?)))
        .collect()
}
