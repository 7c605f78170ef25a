//! Unread counts: of one conversation, and in total. The view `unread_memberships` has the rule.

use super::{message_ranges::as_i64, pending::RecountUnread};
use crate::{Caller, Chat, Delivery, Result};
use model::{ConversationId, Event, Message, Unread, UnreadTotals, UserId};
use std::collections::{HashMap, HashSet};

/// Users who are told their new unread count after a deletion, at most. Each costs a count; in larger
/// conversations `message:deleted` alone says that there is one less, and only those who were mentioned
/// are told a count.
const MAX_TOLD_OF_DELETION: usize = 200;

impl Chat {
    /// The caller's unread counts.
    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        self.unread_of(caller.user_id).await
    }

    /// Counts and publishes now what these users have not read of these conversations, in a task of
    /// its own. While earlier counts are being published, these follow after the coalescer's
    /// interval (50 ms). Users who are connected nowhere are left out.
    pub(crate) fn publish_unread_now(
        &self,
        counts: impl IntoIterator<Item = (UserId, ConversationId)>,
    ) {
        let connected = counts
            .into_iter()
            .filter(|(user_id, _)| self.0.presence.is_connected_anywhere(*user_id));
        let chat = self.clone();
        let flush = move |counts| chat.clone().flush_unread(counts);
        let pending = &self.0.pending_unread;
        pending.flush_now(connected.map(|key| (key, RecountUnread)), flush);
    }

    /// As `publish_unread_now`, for many connected users, who wait for the counts of others.
    pub(crate) fn publish_unread_of_many(
        &self,
        counts: impl IntoIterator<Item = (UserId, ConversationId)>,
    ) {
        let chat = self.clone();
        let flush = move |counts| chat.clone().flush_unread(counts);
        let counts = counts.into_iter().map(|key| (key, RecountUnread));
        self.0.pending_unread.flush_behind(counts, flush);
    }

    /// Counts and publishes what the members have not read, after a message was deleted that mentioned
    /// some of them.
    pub(crate) async fn publish_unread_after_deletion(
        &self,
        deleted: &Message,
        mentioned: Vec<UserId>,
    ) {
        let mut user_ids = mentioned;
        match self.unread_to(deleted).await {
            Ok(members) => user_ids.extend(members),
            Err(error) => tracing::warn!(?error, "unread counts were not published"),
        }
        let id = deleted.conversation_id;
        self.publish_unread_now(user_ids.into_iter().map(|user_id| (user_id, id)));
    }

    /// The members to whom the message counted as unread, by a mark too; none in a conversation of more members than
    /// `MAX_TOLD_OF_DELETION`. Of the announcements, to which everybody belongs, those who are connected,
    /// and none when they are more.
    async fn unread_to(&self, message: &Message) -> Result<Vec<UserId>> {
        let id = message.conversation_id;
        let connected = if id == ConversationId::ANNOUNCEMENTS {
            let connected: HashSet<_> = self.0.presence.users_anywhere().into_iter().collect();
            if connected.len() > MAX_TOLD_OF_DELETION {
                return Ok(Vec::new());
            }
            Some(connected.into_iter().map(|id| id.0).collect::<Vec<_>>())
        } else {
            None
        };
        let user_ids = sqlx::query_scalar!(
            r#"select user_id as "user_id!" from memberships
            where conversation_id = $1 and left_at is null
                and counted_position(read_position, unread_after, unread_marked_at) < $2
                and ($3::bigint[] is null or user_id = any($3))
                and (select member_count <= $4 from conversations where id = $1)"#,
            id.0,
            message.position,
            connected.as_deref(),
            as_i64(MAX_TOLD_OF_DELETION)
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(user_ids.into_iter().map(UserId).collect())
    }

    /// What the members of these conversations have not read, in threads too, for contracts, which know no
    /// threads; without those who have read everything.
    /// Nothing of the announcements, to which everybody belongs. Checks no membership.
    pub async fn unread_of_members(
        &self,
        ids: &[ConversationId],
    ) -> Result<HashMap<(ConversationId, UserId), i64>> {
        let ids = ids
            .iter()
            .filter(|id| **id != ConversationId::ANNOUNCEMENTS);
        let ids: Vec<_> = ids.map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"select conversation_id as "conversation_id!", user_id as "user_id!",
                unread + unread_in_threads as "unread!"
            from unread_memberships where conversation_id = any($1)"#,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let unread = rows.into_iter().map(|row| {
            let key = (ConversationId(row.conversation_id), UserId(row.user_id));
            (key, row.unread)
        });
        Ok(unread.collect())
    }

    /// A failure is logged only: the next count, or the next connection, corrects the client.
    async fn flush_unread(self, counts: Vec<((UserId, ConversationId), RecountUnread)>) {
        let keys = counts.into_iter().map(|(key, _)| key);
        if let Err(error) = self.publish_unread(keys).await {
            tracing::warn!(?error, "unread counts were not published");
        }
    }

    async fn publish_unread(
        &self,
        keys: impl Iterator<Item = (UserId, ConversationId)>,
    ) -> Result<()> {
        for delivery in self.count_unread(keys).await? {
            self.0.bus.publish(delivery);
        }
        Ok(())
    }

    /// What these users have not read of these conversations, for their devices.
    pub(super) async fn count_unread(
        &self,
        keys: impl Iterator<Item = (UserId, ConversationId)>,
    ) -> Result<Vec<Delivery>> {
        let (user_ids, conversation_ids): (Vec<_>, Vec<_>) =
            keys.map(|(user_id, id)| (user_id.0, id.0)).unzip();
        let rows = sqlx::query!(
            r#"select k.user_id as "user_id!", k.id as "id!",
                coalesce(sum(u.unread), 0)::bigint as "total!",
                coalesce(sum(u.unread) filter (where u.conversation_id = k.id), 0)::bigint
                    as "unread!",
                coalesce(sum(u.mentions) filter (where u.conversation_id = k.id), 0)::bigint
                    as "mentions!",
                counted.position as read_position,
                coalesce(counted.position < m.read_position, false) as "marked_unread!"
            from unnest($1::bigint[], $2::bigint[]) k(user_id, id)
            left join memberships m on m.conversation_id = k.id and m.user_id = k.user_id
                and m.left_at is null
            left join lateral (
                select counted_position(m.read_position, m.unread_after, m.unread_marked_at) as position
            ) counted on true
            left join unread_memberships u on u.user_id = k.user_id
            group by k.user_id, k.id, counted.position, m.read_position"#,
            &user_ids,
            &conversation_ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let counts = rows.into_iter().map(|row| {
            let event = Event::UnreadChanged {
                total: row.total,
                conversation_id: ConversationId(row.id),
                unread: row.unread,
                mentions: row.mentions,
                read_position: row.read_position,
                marked_unread: row.marked_unread,
            };
            Delivery::to_user(UserId(row.user_id), event)
        });
        Ok(counts.collect())
    }

    /// What the user has not read of one conversation.
    pub(super) async fn unread_in(&self, user_id: UserId, id: ConversationId) -> Result<Unread> {
        let row = sqlx::query!(
            r#"select unread as "unread!", mentions as "mentions!" from unread_memberships
            where user_id = $1 and conversation_id = $2"#,
            user_id.0,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let (unread, mentions) = row.map_or((0, 0), |row| (row.unread, row.mentions));
        Ok(Unread {
            conversation_id: id,
            unread,
            mentions,
        })
    }

    pub(super) async fn unread_of(&self, user_id: UserId) -> Result<UnreadTotals> {
        let rows = sqlx::query!(
            r#"select conversation_id as "id!", unread as "unread!", mentions as "mentions!"
            from unread_memberships where user_id = $1 order by conversation_id"#,
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let conversations: Vec<_> = rows
            .into_iter()
            .filter(|row| row.unread > 0)
            .map(|row| Unread {
                conversation_id: ConversationId(row.id),
                unread: row.unread,
                mentions: row.mentions,
            })
            .collect();
        Ok(UnreadTotals {
            total: conversations.iter().map(|it| it.unread).sum(),
            conversations,
        })
    }
}
