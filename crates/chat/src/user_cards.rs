//! Contacts: who somebody is, with their address, for doors that print it with every message.

use crate::{Chat, Error, Result, accounts::user_role, error::shared};
use model::{UserId, UserRole};
use moka::future::Cache;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Another node may change a user, and not be heard: how long this one may not know.
const FRESH: Duration = Duration::from_mins(1);
const MOST_CACHED: u64 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCard {
    pub id: UserId,
    pub username: String,
    pub name: String,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
    pub role: UserRole,
}

pub fn cache() -> Cache<UserId, Arc<UserCard>> {
    Cache::builder()
        .max_capacity(MOST_CACHED)
        .time_to_live(FRESH)
        .build()
}

impl Chat {
    /// Asks for no relation: it is for whoever has decided already who may hear.
    pub async fn user_card(&self, id: UserId) -> Result<Arc<UserCard>> {
        let find = async {
            let found = self.find_contacts(&[id.0]).await?.pop();
            found.map(Arc::new).ok_or(Error::NotFound("user"))
        };
        let contacts = &self.0.contacts;
        contacts.try_get_with(id, find).await.map_err(shared)
    }

    /// Those of these users that exist.
    pub async fn user_cards(&self, ids: &[UserId]) -> Result<HashMap<UserId, Arc<UserCard>>> {
        let mut contacts = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match self.0.contacts.get(id).await {
                Some(contact) => drop(contacts.insert(*id, contact)),
                None => missing.push(id.0),
            }
        }
        if missing.is_empty() {
            return Ok(contacts);
        }
        for contact in self.find_contacts(&missing).await? {
            let (id, contact) = (contact.id, Arc::new(contact));
            self.0.contacts.insert(id, Arc::clone(&contact)).await;
            contacts.insert(id, contact);
        }
        Ok(contacts)
    }

    async fn find_contacts(&self, ids: &[i64]) -> Result<Vec<UserCard>> {
        let rows = sqlx::query!(
            "select id, username, name, email, avatar_url, role from users where id = any($1)",
            ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let contacts = rows.into_iter().map(|row| UserCard {
            id: UserId(row.id),
            username: row.username,
            name: row.name,
            email: row.email,
            avatar_url: row.avatar_url,
            role: user_role(&row.role),
        });
        Ok(contacts.collect())
    }
}
