//! Mentions of many: `@all` and `@here`. `granted_wildcards` (`migrations/0089_mentions.sql`) decides who may; of new
//! messages it is asked by the writer.

use super::change::MessageChange;
use crate::{Chat, Result, text};
use model::{ConversationId, MAX_MEMBERS_WHO_MENTION_ALL, Message, MessageId, UserId, Wildcard};
use sqlx::{PgConnection, types::Json};

/// What it costs to mention somebody beside telling them the message, in people who are told one: each who is connected
/// is counted and told anew what they have not read. With the default limits, everybody in a channel of 10,000 is
/// mentioned twice at once, and then every ten seconds.
const PEOPLE_PER_MENTION: i64 = 4;

/// Members up to which all are read, to look for those who are connected: of larger conversations the ids of all who are
/// connected go to the database instead.
pub const MAX_FEW_MEMBERS: i64 = 500;

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

/// The wildcards that a message has.
async fn wildcards_of(db: &mut PgConnection, id: MessageId) -> Result<Vec<Wildcard>> {
    let rows = sqlx::query_scalar!(
        r#"select to_jsonb(who) as "who!: Json<Wildcard>" from wildcard_mentions where message_id = $1"#,
        id.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|Json(who)| who).collect())
}

/// How many a message tells in a conversation of so many people: of a reply in a thread only, its followers.
async fn people_told(db: &mut PgConnection, message: &Message, people: i64) -> Result<i64> {
    let Some(thread_id) = message.thread_id.filter(|_| !message.also_to_conversation) else {
        return Ok(people);
    };
    let followers = sqlx::query_scalar!(
        r#"select count(*) as "count!" from thread_followers where thread_id = $1 and is_following"#,
        thread_id.0
    )
    .fetch_one(db)
    .await?;
    Ok(followers)
}

/// What it costs to mention so many, as people who are told a message.
const fn cost(people: i64) -> i64 {
    people.saturating_mul(PEOPLE_PER_MENTION)
}

impl Chat {
    /// Counts what it costs others that a user mentions so many people.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many people.
    pub(crate) fn take_mentions(&self, user_id: UserId, people: i64) -> Result<()> {
        self.0.limits.told.take(user_id, cost(people))
    }

    /// Gives an edited message the wildcards of its new body; returns the connected users whom the earlier ones or the
    /// new ones mean. None where the words have stayed, which tell nobody again. What the new ones cost is taken with
    /// the change. A word that stays is meant as it was, whether or not its sender may write it now.
    pub(crate) async fn rewrite_wildcards(
        &self,
        change: &mut MessageChange,
        edited: &Message,
    ) -> Result<Vec<UserId>> {
        if text::wildcard_names(&change.body) == text::wildcard_names(&edited.body) {
            return Ok(Vec::new());
        }
        let place = (edited.sender.id, edited.conversation_id);
        let people = change.conversation.member_count;
        let tx = &mut change.tx;
        let before = wildcards_of(tx, edited.id).await?;
        let granted = granted(tx, place, &edited.body).await?;
        let written = text::wildcards(&edited.body);
        let mut users = Vec::new();
        if before.iter().any(|it| !written.contains(it)) {
            users.extend(self.wildcard_users(tx, edited.id, people).await?);
            sqlx::query!(
                "delete from wildcard_mentions
                where message_id = $1 and to_jsonb(who) <> all($2::jsonb[])",
                edited.id.0,
                &written.iter().map(Json).collect::<Vec<_>>() as &[Json<&Wildcard>]
            )
            .execute(&mut **tx)
            .await?;
        }
        let mut added = granted;
        added.retain(|it| !before.contains(it));
        if !added.is_empty() {
            change.mentions_cost = cost(people_told(tx, edited, people).await?);
            let online = if added.contains(&Wildcard::Here) {
                self.0.presence.online_anywhere()
            } else {
                Vec::new()
            };
            let online: Vec<_> = online.into_iter().map(|id| id.0).collect();
            sqlx::query!(
                "select add_wildcard_mentions(array[$1::bigint], array[$2::jsonb], $3)",
                edited.id.0,
                Json(&added) as Json<&Vec<Wildcard>>,
                &online
            )
            .execute(&mut **tx)
            .await?;
            users.extend(self.wildcard_users(tx, edited.id, people).await?);
        }
        Ok(users)
    }

    /// Those of the connected users whom the wildcards of a message mean, in a conversation of so many people.
    pub(crate) async fn wildcard_users(
        &self,
        db: &mut PgConnection,
        id: MessageId,
        people: i64,
    ) -> Result<Vec<UserId>> {
        let presence = &self.0.presence;
        // The announcements have no number: all users are their people.
        let are_few = (1..=MAX_FEW_MEMBERS).contains(&people);
        let connected = (!are_few).then(|| presence.users_anywhere());
        let connected = connected.map(|it| it.into_iter().map(|id| id.0).collect::<Vec<_>>());
        let found = sqlx::query_scalar!(
            r#"select id as "id!" from wildcard_users($1, $2) w(id)"#,
            id.0,
            connected.as_deref()
        )
        .fetch_all(db)
        .await?;
        Ok(presence.connected_of(found.into_iter().map(UserId)))
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
        let people = self.audience_size(message.conversation_id).await?;
        let mut db = self.0.db.acquire().await?;
        let users = self.wildcard_users(&mut db, message.id, people).await?;
        drop(db);
        self.publish_many_mentioned(&users, message);
        Ok(())
    }

    /// Counts and publishes what these connected users have not read of the conversation of a message, and of its
    /// thread, behind what is counted for others meanwhile.
    pub(crate) fn publish_many_mentioned(&self, users: &[UserId], message: &WildcardMessage) {
        if let Some(thread_id) = message.thread_id {
            self.publish_thread_states_of_many(users.iter().map(|it| (*it, thread_id)));
        }
        let id = message.conversation_id;
        self.publish_unread_of_many(users.iter().map(|it| (*it, id)));
    }
}
