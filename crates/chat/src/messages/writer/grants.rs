//! Whether sends mention many, and what that costs, right before they are written: a send keeps its place in the queue
//! of its conversation, and neither a retry nor a send that was refused before pays.

use super::{
    batch::{Connection, MAX_ATTEMPTS, connected},
    queue::QueuedSend,
};
use crate::{Chat, Error, database::failure, messages::wildcards::MAX_FEW_MEMBERS};
use model::{MAX_MEMBERS_WHO_MENTION_ALL, Wildcard};
use sqlx::{PgConnection, types::Json};
use std::sync::Arc;

/// What is known of the words of one send.
pub struct Grant {
    wildcards: Vec<Wildcard>,
    /// Those who are told: the members of the conversation, or the followers of a thread. Nobody counts those of the
    /// announcements, which only administrators write.
    people: i64,
    few_members: Option<Vec<i64>>,
}

impl Chat {
    /// Removes the sends that cost more than the limits of their senders have left, and those of which the database
    /// cannot be asked. The others know their wildcards then.
    pub(super) async fn grant_wildcards(
        &self,
        db: &mut Connection,
        sends: &mut Vec<QueuedSend>,
    ) -> Vec<(QueuedSend, Error)> {
        if !sends.iter().any(|it| it.wildcards.is_undecided()) {
            return Vec::new();
        }
        let mut attempt = 1;
        let cause = loop {
            let asked = match connected(db, &self.0.db).await {
                Ok(connection) => ask_grants(connection, sends).await,
                Err(cause) => break cause,
            };
            match asked {
                Ok(grants) => return self.take_grants(sends, grants),
                Err(cause) => {
                    if let Some(connection) = db {
                        connection.close_on_drop();
                    }
                    *db = None;
                    if !failure::is_repeatable(&cause) || attempt >= MAX_ATTEMPTS {
                        break cause;
                    }
                    attempt += 1;
                }
            }
        };
        let cause = Arc::new(cause);
        let refused = sends.extract_if(.., |it| it.wildcards.is_undecided());
        let refused = refused.map(|it| (it, Error::Unavailable(Arc::clone(&cause))));
        refused.collect()
    }

    /// Takes what the wildcards cost from the limits, and removes the sends for which there is too little.
    pub(super) fn take_grants(
        &self,
        sends: &mut Vec<QueuedSend>,
        grants: Vec<Grant>,
    ) -> Vec<(QueuedSend, Error)> {
        let mut grants = grants.into_iter();
        let mut errors = Vec::new();
        let refused = sends.extract_if(.., |send| {
            if !send.wildcards.is_undecided() {
                return false;
            }
            send.wildcards.undecided.clear();
            let Some(grant) = grants.next().filter(|it| !it.wildcards.is_empty()) else {
                return false;
            };
            send.wildcards.granted = grant.wildcards;
            send.wildcards.few_members = grant.few_members;
            let taken = self.take_mentions(send.sender_id, grant.people);
            taken.map_err(|error| errors.push(error)).is_err()
        });
        let refused: Vec<_> = refused.collect();
        refused.into_iter().zip(errors).collect()
    }
}

/// Asks of the sends that are undecided, in their order. An earlier send with the same `clientId` has paid.
pub async fn ask_grants(
    db: &mut PgConnection,
    sends: &[QueuedSend],
) -> Result<Vec<Grant>, sqlx::Error> {
    let sends = sends.iter().filter(|it| it.wildcards.is_undecided());
    let sends: Vec<_> = sends.collect();
    if sends.is_empty() {
        return Ok(Vec::new());
    }
    let conversation_ids: Vec<_> = sends.iter().map(|it| it.conversation_id.0).collect();
    let sender_ids: Vec<_> = sends.iter().map(|it| it.sender_id.0).collect();
    let client_ids = sends.iter().map(|it| it.new.client_id.as_deref());
    let client_ids: Vec<_> = client_ids.collect();
    let thread_ids = sends.iter().map(|it| {
        let id = it.new.thread_id.filter(|_| !it.new.also_to_conversation);
        id.map(|id| id.0)
    });
    let thread_ids: Vec<_> = thread_ids.collect();
    let written = sends.iter().map(|it| Json(&it.wildcards.undecided));
    let written: Vec<_> = written.collect();
    let rows = sqlx::query!(
        r#"select to_jsonb(g.granted) as "granted!: Json<Vec<Wildcard>>",
            coalesce(case when s.thread_id is null then c.member_count else (
                select count(*) from thread_followers f where f.thread_id = s.thread_id and f.is_following
            ) end, 0) as "people!",
            case when 'here' = any(g.granted) and c.member_count between 1 and $7 then array(
                select m.user_id from memberships m where m.conversation_id = c.id and m.left_at is null
            ) end as few_members
        from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::jsonb[]) with ordinality
            s(conversation_id, sender_id, client_id, thread_id, written, n)
        left join conversations c on c.id = s.conversation_id
        cross join lateral (
            select case when exists (
                select from messages e where e.sender_id = s.sender_id and e.client_id = s.client_id
                    and e.conversation_id = s.conversation_id
            ) then '{}'::text[] else granted_wildcards(s.conversation_id, s.sender_id,
                array(select jsonb_array_elements_text(s.written)), $6) end as granted
        ) g
        order by s.n"#,
        &conversation_ids,
        &sender_ids,
        &client_ids as &[Option<&str>],
        &thread_ids as &[Option<i64>],
        &written as &[Json<&Vec<String>>],
        MAX_MEMBERS_WHO_MENTION_ALL,
        MAX_FEW_MEMBERS
    )
    .fetch_all(db)
    .await?;
    let grants = rows.into_iter().map(|row| Grant {
        wildcards: row.granted.0,
        people: row.people,
        few_members: row.few_members,
    });
    Ok(grants.collect())
}
