//! Mentions of many: `@all` and `@here`. `granted_wildcards` (`migrations/0089_mentions.sql`) decides who may, and
//! whom they mean.

use super::change::MessageChange;
use crate::{Chat, Result, presence::table::PresenceTable, text};
use model::{
    ConversationId, MAX_MEMBERS_WHO_MENTION_ALL, Message, MessageId, PresenceStatus, UserId,
    Wildcard,
};
use sqlx::{PgConnection, types::Json};

/// What it costs to mention somebody beside telling them the message, in people who are told one: each who is connected
/// is counted and told anew what they have not read. With the default limits, everybody in a channel of 10,000 is
/// mentioned twice at once, and then every ten seconds.
const PEOPLE_PER_MENTION: i64 = 4;

/// A message with wildcards that has been written, for `publish_wildcards`.
pub struct WildcardMessage {
    pub conversation_id: ConversationId,
    pub id: MessageId,
    pub thread_id: Option<MessageId>,
}

impl WildcardMessage {
    pub fn of(message: &Message) -> Self {
        Self {
            conversation_id: message.conversation_id,
            id: message.id,
            thread_id: message.thread_id,
        }
    }
}

/// The users who are online on any node, if one of the words asks for them. Who is away, or looks offline, is not here.
pub fn online_for(presence: &PresenceTable, written: &[String]) -> Vec<i64> {
    if !written.iter().any(|name| name.starts_with("here")) {
        return Vec::new();
    }
    let mut users = presence.users_anywhere();
    users.retain(|id| presence.status(*id) == PresenceStatus::Online);
    users.into_iter().map(|id| id.0).collect()
}

/// The wildcards that a body has, if the user sends it to the conversation.
pub async fn granted(
    db: &mut PgConnection,
    (user_id, id): (UserId, ConversationId),
    body: &str,
) -> Result<Vec<Wildcard>> {
    let written = text::wildcard_names(body);
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let granted = sqlx::query_scalar!(
        r#"select to_jsonb(granted_wildcards($1, $2, $3, $4)) as "granted!: Json<Vec<Wildcard>>""#,
        id.0,
        user_id.0,
        &written,
        MAX_MEMBERS_WHO_MENTION_ALL
    )
    .fetch_one(db)
    .await?;
    Ok(granted.0)
}

impl Chat {
    fn online_for(&self, written: &[String]) -> Vec<i64> {
        online_for(&self.0.presence, written)
    }

    /// Counts what it costs others that a user mentions many in the conversation, before the text is written.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many people.
    pub(crate) async fn take_wildcards(
        &self,
        place: (UserId, ConversationId),
        body: &str,
    ) -> Result<()> {
        if text::wildcard_names(body).is_empty() {
            return Ok(());
        }
        let mut db = self.0.db.acquire().await?;
        let granted = granted(&mut db, place, body).await?;
        drop(db);
        if granted.is_empty() {
            return Ok(());
        }
        let people = self.audience_size(place.1).await?;
        self.take_mentions(place.0, people)
    }

    fn take_mentions(&self, user_id: UserId, people: i64) -> Result<()> {
        let people = people.saturating_mul(PEOPLE_PER_MENTION);
        self.0.limits.told.take(user_id, people)
    }

    /// Gives an edited message the wildcards of its new body; returns the connected users whom the earlier ones or the
    /// new ones mean. None where the words have stayed, which tell nobody again.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many people.
    pub(crate) async fn rewrite_wildcards(
        &self,
        change: &mut MessageChange,
        edited: &Message,
    ) -> Result<Vec<UserId>> {
        let (before, written) = (
            text::wildcard_names(&change.body),
            text::wildcard_names(&edited.body),
        );
        if before == written {
            return Ok(Vec::new());
        }
        let place = (edited.sender.id, edited.conversation_id);
        if !granted(&mut change.tx, place, &edited.body)
            .await?
            .is_empty()
        {
            self.take_mentions(place.0, change.conversation.member_count)?;
        }
        let mut users = self.wildcard_users(&mut change.tx, edited.id).await?;
        sqlx::query!(
            "select set_wildcard_mentions($1, $2, $3, $4)",
            edited.id.0,
            &written,
            &self.online_for(&written),
            MAX_MEMBERS_WHO_MENTION_ALL
        )
        .fetch_one(&mut *change.tx)
        .await?;
        users.extend(self.wildcard_users(&mut change.tx, edited.id).await?);
        Ok(users)
    }

    /// Those of the connected users whom the wildcards of a message mean.
    pub(crate) async fn wildcard_users(
        &self,
        db: &mut PgConnection,
        id: MessageId,
    ) -> Result<Vec<UserId>> {
        let connected = self.0.presence.users_anywhere();
        let connected: Vec<_> = connected.into_iter().map(|id| id.0).collect();
        let found = sqlx::query_scalar!(
            r#"select id as "id!" from wildcard_users($1, $2) w(id)"#,
            id.0,
            &connected
        )
        .fetch_all(db)
        .await?;
        Ok(found.into_iter().map(UserId).collect())
    }

    /// Counts and publishes what those have not read whom the wildcards of new messages mean, in a task of its own. A
    /// failure is logged only: the next count, or the next connection, corrects the client.
    pub(crate) fn publish_wildcards(&self, messages: Vec<WildcardMessage>) {
        if messages.is_empty() {
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            for message in messages {
                if let Err(error) = chat.publish_wildcard_users(&message).await {
                    tracing::warn!(?error, "mentions of many were not published");
                }
            }
        });
    }

    async fn publish_wildcard_users(&self, message: &WildcardMessage) -> Result<()> {
        let mut db = self.0.db.acquire().await?;
        let users = self.wildcard_users(&mut db, message.id).await?;
        drop(db);
        self.publish_mentioned(&users, message);
        Ok(())
    }

    /// Counts and publishes what these users have not read of the conversation of a message, and of its thread.
    pub(crate) fn publish_mentioned(&self, users: &[UserId], message: &WildcardMessage) {
        if let Some(thread_id) = message.thread_id {
            self.publish_thread_states_now(users.iter().map(|it| (*it, thread_id)));
        }
        let id = message.conversation_id;
        self.publish_unread_now(users.iter().map(|it| (*it, id)));
    }
}
