//! Messages and reactions that go with their account. Each is a change of its own in the sequence of its conversation, as
//! if its sender had deleted it, so that every client forgets it.

use super::taken::{PER_READ, Taken, Turn};
use crate::{
    Chat, Error, Result,
    messages::{MessageChange, leave_tombstone},
};
use model::{ConversationId, Event, MessageId};
use std::time::Duration;
use tokio::time::sleep;

/// From one deletion to the next, for each member who is told: 50,000 are told in a second, and a conversation of a thousand
/// gets fifty deletions in one.
const PAUSE_PER_MEMBER: Duration = Duration::from_micros(20);

/// The longest such pause.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Messages that one statement takes out of the index.
const INDEXED_PER_STATEMENT: i64 = 1_000;

fn pause(members: i64) -> Duration {
    let members = u32::try_from(members).unwrap_or(u32::MAX);
    PAUSE_PER_MEMBER.saturating_mul(members).min(MAX_PAUSE)
}

/// The members who are told of a change. Everybody is told of one to the announcements, which has no members.
fn told(change: &MessageChange) -> i64 {
    if change.conversation_id == ConversationId::ANNOUNCEMENTS {
        i64::MAX
    } else {
        change.conversation.member_count
    }
}

/// Returns whether all are erased, before the turn was over.
pub async fn erase_messages(chat: &Chat, taken: Taken, turn: &mut Turn) -> Result<bool> {
    let mut after = taken.after_message_id;
    loop {
        let found = sqlx::query!(
            r#"select message_id as "id!", conversation_id as "conversation_id!"
            from messages_of_sender($1, $2, $3)"#,
            taken.user_id.0,
            after,
            PER_READ
        )
        .fetch_all(&chat.0.db)
        .await?;
        if found.is_empty() {
            return Ok(true);
        }
        for message in found {
            if turn.is_over(chat).await? {
                note_progress(chat, taken, after).await?;
                return Ok(false);
            }
            after = message.id;
            let id = MessageId(message.id);
            let conversation_id = ConversationId(message.conversation_id);
            match erase_message(chat, taken, conversation_id, id).await {
                Ok(members) => sleep(pause(members)).await,
                // The conversation was deleted meanwhile.
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        note_progress(chat, taken, after).await?;
    }
}

/// Notes up to which message the erasure has come. A pass that began while something may still have been running notes
/// nothing: what was written behind it is found from the beginning.
async fn note_progress(chat: &Chat, taken: Taken, after: i64) -> Result<()> {
    if taken.is_settled {
        sqlx::query!(
            "update deletions set after_message_id = $2 where user_id = $1",
            taken.user_id.0,
            after
        )
        .execute(&chat.0.db)
        .await?;
    }
    Ok(())
}

/// Returns the number of members who were told.
async fn erase_message(
    chat: &Chat,
    taken: Taken,
    conversation_id: ConversationId,
    id: MessageId,
) -> Result<i64> {
    let caller = taken.caller();
    chat.with_conversation_lock(conversation_id, &caller, async move |chat, caller| {
        let mut change = MessageChange::begin_erasure(&chat, caller, conversation_id, id).await?;
        if change.is_deleted || change.sender_id != taken.user_id {
            return Ok(0);
        }
        note_words(&mut change, taken, id).await?;
        let members = told(&change);
        leave_tombstone(&chat, change, id).await?;
        Ok(members)
    })
    .await
}

/// The words of a message and of its earlier bodies, as the search has them (`index_search`).
async fn note_words(change: &mut MessageChange, taken: Taken, id: MessageId) -> Result<()> {
    sqlx::query!(
        r"insert into deletion_words (user_id, word)
        select distinct $2::bigint, w.word from (
            select body from messages where id = $1
            union all
            select body from edits where message_id = $1
        ) b
        cross join lateral regexp_split_to_table(fold_text(b.body), '[[:space:][:punct:]]+') w(word)
        where char_length(w.word) between 4 and 32
        on conflict do nothing",
        id.0,
        taken.user_id.0
    )
    .execute(&mut *change.tx)
    .await?;
    Ok(())
}

/// Returns whether all are erased, before the turn was over.
pub async fn erase_reactions(chat: &Chat, taken: Taken, turn: &mut Turn) -> Result<bool> {
    let mut after = 0;
    loop {
        let found = sqlx::query!(
            "select distinct r.message_id, m.conversation_id
            from (
                select message_id from reactions where user_id = $1 and message_id > $3
                order by message_id limit $2
            ) r join messages m on m.id = r.message_id
            order by r.message_id",
            taken.user_id.0,
            PER_READ,
            after
        )
        .fetch_all(&chat.0.db)
        .await?;
        if found.is_empty() {
            return Ok(true);
        }
        for reaction in found {
            if turn.is_over(chat).await? {
                return Ok(false);
            }
            after = reaction.message_id;
            let id = MessageId(reaction.message_id);
            let conversation_id = ConversationId(reaction.conversation_id);
            match erase_reactions_to(chat, taken, conversation_id, id).await {
                Ok(members) => sleep(pause(members)).await,
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

async fn erase_reactions_to(
    chat: &Chat,
    taken: Taken,
    conversation_id: ConversationId,
    id: MessageId,
) -> Result<i64> {
    let caller = taken.caller();
    chat.with_conversation_lock(conversation_id, &caller, async move |chat, caller| {
        let mut change = MessageChange::begin_erasure(&chat, caller, conversation_id, id).await?;
        let erased = sqlx::query!(
            "delete from reactions where message_id = $1 and user_id = $2",
            id.0,
            taken.user_id.0
        )
        .execute(&mut *change.tx)
        .await?;
        if erased.rows_affected() == 0 {
            return Ok(0);
        }
        change.touch().await?;
        let members = told(&change);
        change
            .commit_and_publish(&chat, Event::message_updated)
            .await?;
        Ok(members)
    })
    .await
}

/// Takes the messages out of the index of the search, and their words out of those that it suggests, unless somebody else
/// has written them. The index is not filled meanwhile, so that no part of it brings back what it read before.
/// Returns whether all are erased, before the turn was over.
pub async fn erase_words(chat: &Chat, taken: Taken, turn: &mut Turn) -> Result<bool> {
    let id = taken.user_id.0;
    while erase_indexed(chat, id).await? {
        if turn.is_over(chat).await? {
            return Ok(false);
        }
    }
    loop {
        if turn.is_over(chat).await? {
            return Ok(false);
        }
        let word = sqlx::query_scalar!(
            "select word from deletion_words where user_id = $1 order by word limit 1",
            id
        )
        .fetch_optional(&chat.0.db)
        .await?;
        let Some(word) = word else { return Ok(true) };
        match erase_word(chat, &word).await {
            Err(error) if error.may_pass() => {
                // A word that is in so many messages that they are not read in time says nothing of a person.
                tracing::debug!(%error, "a word stays among those that a search suggests");
            }
            erased => erased?,
        }
        sqlx::query!(
            "delete from deletion_words where user_id = $1 and word = $2",
            id,
            word
        )
        .execute(&chat.0.db)
        .await?;
    }
}

/// Takes some of the deleted messages out of the index. Returns whether there may be more.
async fn erase_indexed(chat: &Chat, id: i64) -> Result<bool> {
    let mut tx = chat.begin().await?;
    sqlx::query!("select from search_state for update")
        .execute(&mut *tx)
        .await?;
    sqlx::query!("set local enable_seqscan = off")
        .execute(&mut *tx)
        .await?;
    let erased = sqlx::query!(
        "delete from message_search where message_id in (
            select s.message_id from message_search s join messages m on m.id = s.message_id
            where s.sender_id = $1 and m.deleted_at is not null limit $2
        )",
        id,
        INDEXED_PER_STATEMENT
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(erased.rows_affected() > 0)
}

async fn erase_word(chat: &Chat, word: &str) -> Result<()> {
    let mut tx = chat.begin().await?;
    sqlx::query!("select from search_state for update")
        .execute(&mut *tx)
        .await?;
    sqlx::query!("set local enable_seqscan = off")
        .execute(&mut *tx)
        .await?;
    sqlx::query!("set local statement_timeout = '2s'")
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "delete from search_words w where w.word = $1
            and not exists (select from message_search s where s.text like '%' || w.word || '%')",
        word
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{MAX_PAUSE, pause};
    use std::time::Duration;

    #[test]
    fn whoever_is_told_makes_the_pause() {
        assert_eq!(pause(0), Duration::ZERO);
        assert_eq!(pause(1_000), Duration::from_millis(20));
        // Of the announcements.
        assert_eq!(pause(i64::MAX), MAX_PAUSE);
    }
}
