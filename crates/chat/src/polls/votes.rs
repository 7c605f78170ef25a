//! Rows of votes as their own users see them.

use crate::Result;
use model::{ConversationId, MessageId, PersonalEvent, Poll, PollVote, UserId};
use sqlx::{PgConnection, types::Json};

struct VoteRow {
    message_id: i64,
    conversation_id: i64,
    options: Vec<i16>,
    seq: i64,
    poll: Json<Poll>,
}

impl From<VoteRow> for PollVote {
    fn from(row: VoteRow) -> Self {
        Self {
            message_id: MessageId(row.message_id),
            conversation_id: ConversationId(row.conversation_id),
            options: row.options,
            poll: row.poll.0,
            seq: row.seq,
        }
    }
}

/// What a user has voted in the polls of these messages, as far as they may see them; without a vote, empty ones.
pub async fn load_votes(
    db: &mut PgConnection,
    user_id: UserId,
    ids: &[i64],
) -> Result<Vec<PollVote>> {
    let rows = sqlx::query_as!(
        VoteRow,
        r#"select p.message_id as "message_id!", p.conversation_id as "conversation_id!",
            coalesce(v.options, '{}') as "options!", coalesce(v.seq, 0) as "seq!",
            poll_json(p, shows_results(p, coalesce(v.options, '{}') <> '{}')) as "poll!: Json<Poll>"
        from polls p
        left join poll_votes v on v.message_id = p.message_id and v.user_id = $2
        where p.message_id = any($1) and exists (
            select from visible_conversations c
            where c.conversation_id = p.conversation_id and c.user_id = $2
        )
        order by p.message_id"#,
        ids,
        user_id.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(PollVote::from).collect())
}

/// The votes of a user that changed after a number, those included that were taken back, in order.
pub async fn vote_changes(
    db: &mut PgConnection,
    user_id: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<PersonalEvent>> {
    let rows = sqlx::query_as!(
        VoteRow,
        r#"select v.message_id as "message_id!", p.conversation_id as "conversation_id!",
            v.options as "options!", v.seq as "seq!",
            poll_json(p, shows_results(p, v.options <> '{}')) as "poll!: Json<Poll>"
        from poll_votes v
        join polls p on p.message_id = v.message_id
        where v.user_id = $1 and v.seq > $2 and exists (
            select from visible_conversations c
            where c.conversation_id = p.conversation_id and c.user_id = $1
        )
        order by v.seq limit $3"#,
        user_id.0,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let events = rows.into_iter().map(|row| PersonalEvent::Vote {
        vote: Box::new(row.into()),
    });
    Ok(events.collect())
}
