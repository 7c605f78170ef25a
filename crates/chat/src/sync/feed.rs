//! Change feed: the rows of conversations that changed after a `seq`, each once, under its last `seq`.

use crate::{
    Chat, Result,
    messages::{add_threads, message_rows, messages},
};
use model::{Conversation, ConversationId, Event, Member};
use sqlx::{PgConnection, types::Json};
use std::collections::{BTreeMap, HashMap};

/// The changes of each conversation in the order of `seq`, and whether there are more.
pub(crate) type Feed = BTreeMap<ConversationId, (Vec<Event>, bool)>;

impl Chat {
    /// The changes of each of these conversations after its `seq`, at most `limit` of each.
    pub(super) async fn feed(&self, keys: &[(ConversationId, i64)], limit: i64) -> Result<Feed> {
        if keys.is_empty() {
            return Ok(Feed::new());
        }
        let mut tx = self.snapshot().await?;
        let feed = self.feed_in(&mut tx, keys, limit).await?;
        tx.commit().await?;
        Ok(feed)
    }

    /// The feed as of a `snapshot`.
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
            let member = self.member_with_presence(row.json.0);
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
    .fetch_all(&mut *db)
    .await?;
    let created: HashMap<_, _> = rows.iter().map(|row| (row.id, row.created_seq)).collect();
    let mut messages = messages(&mut *db, rows).await?;
    add_threads(db, &mut messages).await?;
    let afters: HashMap<_, _> = keys.iter().copied().collect();
    let changes = messages.into_iter().map(|message| {
        let after = afters.get(&message.conversation_id);
        let new = after.is_some_and(|after| created.get(&message.id) > Some(after));
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

/// The keys as two arrays for `unnest`.
fn columns(keys: &[(ConversationId, i64)]) -> (Vec<i64>, Vec<i64>) {
    keys.iter().map(|(id, after)| (id.0, *after)).unzip()
}
