//! Requests that find messages, people and channels, and what was gone to how often.

use super::{
    ChatClient, browser,
    connection::with_state,
    found::{Found, Profile, SearchPage, SharedEmail},
    rest::percent_encode,
};
use crate::{error::AppError, json};
use model::{ConversationId, ConversationSummary, Page, Problem, User, UserId};
use serde::de::DeserializeOwned;

/// Items of a page of a list.
const PAGE_SIZE: u32 = 30;

/// A search for messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageSearch {
    /// Words and operators.
    pub query: String,
    /// Only in this conversation.
    pub conversation_id: Option<ConversationId>,
    pub best_first: bool,
    /// Of this browser, by its name in the IANA database.
    pub time_zone: Option<String>,
}

impl ChatClient {
    /// In the time zone of this browser; in UTC where the server does not know it, as its list is older.
    pub async fn search(
        self,
        mut search: MessageSearch,
        cursor: Option<String>,
    ) -> Result<SearchPage, AppError> {
        if with_state(|state| state.is_zone_unknown) {
            search.time_zone = None;
        }
        let found = self.search_in_zone(&search, cursor.clone()).await;
        let is_unknown = |problem: &Problem| problem.errors.iter().any(|it| it.field == "timeZone");
        if search.time_zone.is_some() && matches!(&found, Err(AppError(it)) if is_unknown(it)) {
            with_state(|state| state.is_zone_unknown = true);
            search.time_zone = None;
            return self.search_in_zone(&search, cursor).await;
        }
        found
    }

    async fn search_in_zone(
        self,
        search: &MessageSearch,
        cursor: Option<String>,
    ) -> Result<SearchPage, AppError> {
        let within = search.conversation_id.map(|id| id.to_string());
        let order = search.best_first.then_some("best");
        self.get_list(
            "/search",
            &[
                ("q", Some(&search.query)),
                ("conversationId", within.as_deref()),
                ("order", order),
                ("timeZone", search.time_zone.as_deref()),
                ("cursor", cursor.as_deref()),
            ],
        )
        .await
    }

    /// Conversations, channels to join, people and messages by what somebody has typed.
    pub async fn find(self, query: &str) -> Result<Found, AppError> {
        self.get_list("/find", &[("q", Some(query))]).await
    }

    pub async fn people(
        self,
        query: String,
        cursor: Option<String>,
    ) -> Result<Page<User>, AppError> {
        let parameters = [("query", Some(&*query)), ("cursor", cursor.as_deref())];
        self.get_list("/users", &parameters).await
    }

    /// Public channels that the user has not joined.
    pub async fn channels_to_join(
        self,
        query: String,
        cursor: Option<String>,
    ) -> Result<Page<ConversationSummary>, AppError> {
        let parameters = [
            ("joined", Some("false")),
            ("query", Some(&*query)),
            ("cursor", cursor.as_deref()),
        ];
        self.get_list("/conversations", &parameters).await
    }

    pub async fn profile(self, id: UserId) -> Result<Profile, AppError> {
        let answer = self.request("GET", &format!("/users/{id}"), None).await?;
        let user = json::read(&answer).ok_or_else(AppError::unreachable)?;
        let shared: Option<SharedEmail> = json::read(&answer);
        Ok(Profile {
            user,
            email: shared.and_then(|shared| shared.email),
        })
    }

    /// The newest groups and channels that the user shares with somebody.
    pub async fn shared_conversations(
        self,
        id: UserId,
    ) -> Result<Page<ConversationSummary>, AppError> {
        self.get_list(&format!("/users/{id}/conversations"), &[])
            .await
    }

    /// A page of a list with the parameters that have a value.
    async fn get_list<T: DeserializeOwned>(
        self,
        path: &str,
        parameters: &[(&str, Option<&str>)],
    ) -> Result<T, AppError> {
        let mut path = format!("{path}?limit={PAGE_SIZE}");
        for (name, value) in parameters {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                path.extend(["&", name, "=", &percent_encode(value)]);
            }
        }
        self.request_json("GET", &path, None).await
    }

    /// What `keep_uses` has kept in this browser.
    pub fn kept_uses(self) -> String {
        browser::stored(&self.storage_key("finding", "uses")).unwrap_or_default()
    }

    pub fn keep_uses(self, uses: &str) {
        browser::store(&self.storage_key("finding", "uses"), uses);
    }
}
