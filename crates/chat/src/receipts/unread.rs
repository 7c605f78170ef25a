//! What is left to read, of one conversation and of all.

use crate::{Caller, Chat, Delivery, Result};
use model::{ConversationId, Event, Unread, UnreadTotals, UserId};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Users that are told at once: all wait for the one query.
const MOST_TOLD_AT_ONCE: usize = 200;

/// Whose counts changed in which conversation, and who has not been told yet. One after the other
/// they are, so that the newest counts come last; whoever changes often is told less often.
#[derive(Default)]
pub struct Unheard(Mutex<Changed>);

#[derive(Default)]
struct Changed {
    counts: BTreeSet<(UserId, ConversationId)>,
    are_told: bool,
}

impl Unheard {
    /// Whether somebody must begin to tell.
    fn add(&self, counts: impl IntoIterator<Item = (UserId, ConversationId)>) -> bool {
        let mut changed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        changed.counts.extend(counts);
        !changed.counts.is_empty() && !std::mem::replace(&mut changed.are_told, true)
    }

    /// The next to be told; with the last of them the telling ends.
    fn take(&self) -> Vec<(UserId, ConversationId)> {
        let mut changed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: Vec<_> = changed
            .counts
            .extract_if(.., |_| true)
            .take(MOST_TOLD_AT_ONCE)
            .collect();
        changed.are_told = !taken.is_empty();
        taken
    }
}

impl Chat {
    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        self.unread_of(caller.user_id).await
    }

    /// Tells users' devices soon where they stand. What they heard before stays true until they
    /// hear again, so a failure is for the log.
    pub(crate) fn tell_unread(&self, counts: impl IntoIterator<Item = (UserId, ConversationId)>) {
        if !self.0.unread.add(counts) {
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            loop {
                let counts = chat.0.unread.take();
                if counts.is_empty() {
                    return;
                }
                if let Err(error) = chat.tell_unread_now(&counts).await {
                    tracing::warn!(?error, "unread counts could not be told");
                }
            }
        });
    }

    async fn tell_unread_now(&self, counts: &[(UserId, ConversationId)]) -> Result<()> {
        let (user_ids, conversation_ids): (Vec<_>, Vec<_>) =
            counts.iter().map(|(user, id)| (user.0, id.0)).unzip();
        let rows = sqlx::query!(
            r#"select told.user_id as "user_id!", told.id as "id!",
                coalesce(sum(left_over.unread), 0)::bigint as "total!",
                coalesce(sum(left_over.unread) filter (where left_over.id = told.id), 0)::bigint
                    as "unread!",
                (
                    select count(*) from members m
                    join mentions on mentions.user_id = m.user_id
                        and mentions.conversation_id = m.conversation_id
                        and mentions.position > m.read_position
                    where m.user_id = told.user_id and m.conversation_id = told.id
                        and m.left_at is null
                ) as "mentions!"
            from unnest($1::bigint[], $2::bigint[]) told(user_id, id)
            left join lateral (
                select c.id, c.position - m.read_position as unread
                from members m join conversations c on c.id = m.conversation_id
                where m.user_id = told.user_id and m.left_at is null
                    and c.position > m.read_position
            ) left_over on true
            group by told.user_id, told.id"#,
            &user_ids,
            &conversation_ids
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in rows {
            let event = Event::UnreadChanged {
                total: row.total,
                conversation_id: ConversationId(row.id),
                unread: row.unread,
                mentions: row.mentions,
            };
            let delivery = Delivery::to_user(UserId(row.user_id), event);
            self.0.events.publish(delivery);
        }
        Ok(())
    }

    pub(super) async fn unread_of(&self, user_id: UserId) -> Result<UnreadTotals> {
        let rows = sqlx::query!(
            r#"select c.id, c.position - m.read_position as "unread!", (
                select count(*) from mentions
                where mentions.user_id = m.user_id and mentions.conversation_id = c.id
                    and mentions.position > m.read_position
            ) as "mentions!"
            from members m join conversations c on c.id = m.conversation_id
            where m.user_id = $1 and m.left_at is null and c.position > m.read_position
            order by c.id"#,
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let conversations: Vec<_> = rows
            .into_iter()
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
