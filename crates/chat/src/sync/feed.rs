//! The change feed: what changed in conversations, each thing once, under its last seq.

use crate::{Chat, Result, messages::message_rows};
use model::{Conversation, ConversationId, Event, Member, Message};
use sqlx::{PgConnection, Postgres, Transaction, types::Json};
use std::collections::{BTreeMap, HashMap};

/// Changes per conversation, in order, and whether there are more of it.
pub(crate) type Feed = BTreeMap<ConversationId, (Vec<Event>, bool)>;

impl Chat {
    /// What changed in each of these conversations after its seq, `limit` of each at most.
    pub(super) async fn feed(&self, keys: &[(ConversationId, i64)], limit: i64) -> Result<Feed> {
        if keys.is_empty() {
            return Ok(Feed::new());
        }
        let mut tx = self.snapshot().await?;
        let feed = self.feed_in(&mut tx, keys, limit).await?;
        tx.commit().await?;
        Ok(feed)
    }

    /// One state of the database for several queries: else a change that one of them is too early
    /// for would be passed over, because another one already sees a later one.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Postgres>> {
        let begin = "begin isolation level repeatable read read only";
        Ok(self.0.db.begin_with(begin).await?)
    }

    /// The same, as one snapshot has it.
    pub(crate) async fn feed_in(
        &self,
        db: &mut PgConnection,
        keys: &[(ConversationId, i64)],
        limit: i64,
    ) -> Result<Feed> {
        let mut feed: Feed = keys
            .iter()
            .map(|(id, _)| (*id, (Vec::new(), false)))
            .collect();
        let mut changes = message_changes(db, keys, limit).await?;
        changes.extend(self.member_changes(db, keys, limit).await?);
        changes.extend(conversation_changes(db, keys).await?);
        for event in changes {
            if let Some((id, _)) = event.seq() {
                feed.entry(id).or_default().0.push(event);
            }
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for (changes, more) in feed.values_mut() {
            changes.sort_by_key(Event::seq);
            *more = changes.len() > limit;
            changes.truncate(limit);
        }
        Ok(feed)
    }

    async fn member_changes(
        &self,
        db: &mut PgConnection,
        keys: &[(ConversationId, i64)],
        limit: i64,
    ) -> Result<Vec<Event>> {
        let (ids, afters) = columns(keys);
        let rows = sqlx::query!(
            r#"select k.id as "id!", m.seq as "seq!", m.joined_seq > k.after as "new!",
                m.left_at, m.json as "json!: Json<Member>"
            from unnest($1::bigint[], $2::bigint[]) k(id, after)
            cross join lateral (
                select user_id from members
                where conversation_id = k.id and seq > k.after order by seq limit $3
            ) found
            join member_json m on m.conversation_id = k.id and m.user_id = found.user_id"#,
            &ids,
            &afters,
            limit + 1
        )
        .fetch_all(db)
        .await?;
        let changes = rows.into_iter().map(|row| {
            let (conversation_id, seq) = (ConversationId(row.id), row.seq);
            let member = self.present(row.json.0);
            match row.left_at {
                Some(_) => Event::MemberRemoved {
                    conversation_id,
                    seq,
                    user_id: member.user.id,
                },
                None if row.new => Event::MemberAdded {
                    conversation_id,
                    seq,
                    member,
                },
                None => Event::MemberUpdated {
                    conversation_id,
                    seq,
                    member,
                },
            }
        });
        Ok(changes.collect())
    }
}

async fn message_changes(
    db: &mut PgConnection,
    keys: &[(ConversationId, i64)],
    limit: i64,
) -> Result<Vec<Event>> {
    let (ids, afters) = columns(keys);
    let rows = message_rows!(
        "where id = any(array(
            select found.id from unnest($1::bigint[], $2::bigint[]) k(id, after)
            cross join lateral (
                select id from messages
                where conversation_id = k.id and seq > k.after order by seq limit $3
            ) found
        ))",
        &ids,
        &afters,
        limit + 1
    )
    .fetch_all(db)
    .await?;
    let afters: HashMap<_, _> = keys.iter().copied().collect();
    let changes = rows.into_iter().map(|row| {
        let new = (afters.get(&row.conversation_id)).is_some_and(|after| row.created_seq > *after);
        let message = Message::from(row);
        match message.deleted_at {
            _ if new => Event::message_created(message),
            Some(_) => Event::message_deleted(message),
            None => Event::message_updated(message),
        }
    });
    Ok(changes.collect())
}

async fn conversation_changes(
    db: &mut PgConnection,
    keys: &[(ConversationId, i64)],
) -> Result<Vec<Event>> {
    let (ids, afters) = columns(keys);
    let rows = sqlx::query!(
        r#"select c.id as "id!", c.changed_seq as "seq!", c.json as "json!: Json<Conversation>"
        from unnest($1::bigint[], $2::bigint[]) k(id, after)
        join conversation_json c on c.id = k.id and c.changed_seq > k.after"#,
        &ids,
        &afters
    )
    .fetch_all(db)
    .await?;
    let changes = rows.into_iter().map(|row| Event::ConversationUpdated {
        conversation_id: ConversationId(row.id),
        seq: row.seq,
        conversation: row.json.0,
    });
    Ok(changes.collect())
}

fn columns(keys: &[(ConversationId, i64)]) -> (Vec<i64>, Vec<i64>) {
    keys.iter().map(|(id, after)| (id.0, *after)).unzip()
}
