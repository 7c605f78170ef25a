//! What an earlier request with the same `clientId` has written.

use super::request::{MAX_FORWARDED, Request};
use crate::{Error, Result, messages::writer::CLIENT_ID_USED};
use model::{ConversationId, UserId};
use sqlx::PgConnection;

/// The ids of the messages that this request has written before, in their order; `None` if there are none. They are
/// known by what was named, not by what it says now: the originals may have changed, or be out of the caller's sight.
///
/// # Errors
/// `Conflict` when the `clientId` was used for something else.
pub async fn find_earlier(
    db: &mut PgConnection,
    (sender_id, conversation_id): (UserId, ConversationId),
    request: &Request,
) -> Result<Option<Vec<i64>>> {
    let Some(client_id) = &request.client_id else {
        return Ok(None);
    };
    let numbered = (1..=MAX_FORWARDED).filter_map(|number| request.client_id_of(number));
    let client_ids: Vec<_> = numbered.chain([client_id.clone()]).collect();
    let rows = sqlx::query!(
        // `+ 0` keeps the planner from an index that begins with the conversation, which reads all of its messages.
        r#"select m.id, m.deleted_at, f.named_id as "named_id?",
            coalesce((select e.body from edits e where e.message_id = m.id order by e.id limit 1), m.body)
                as "first_body!"
        from messages m left join forwards f on f.message_id = m.id
        where m.sender_id = $1 and m.client_id = any($2) and m.conversation_id + 0 = $3
        order by m.position"#,
        sender_id.0,
        &client_ids,
        conversation_id.0
    )
    .fetch_all(db)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut named: Vec<_> = rows.iter().filter_map(|row| row.named_id).collect();
    named.sort_unstable();
    let mut comments = rows.iter().filter(|row| row.named_id.is_none());
    let is_same_comment = match (&request.comment, comments.next()) {
        (None, None) => true,
        (Some(comment), Some(row)) => row.deleted_at.is_some() || *comment == row.first_body,
        _ => false,
    };
    if is_same_comment && comments.next().is_none() && named == request.message_ids {
        Ok(Some(rows.into_iter().map(|row| row.id).collect()))
    } else {
        Err(Error::Conflict(CLIENT_ID_USED))
    }
}
