//! Rules of a poll that is to be sent, and of a change of its question.

use super::validation::check_body;
use crate::{Error, Result, due_time::due_time, error::violated, page, text};
use model::{ConversationId, MessageKind, NewMessage, NewPoll, UserId, option_lines};
use sqlx::PgConnection;

/// Options of a poll (`polls_options_count`).
pub const POLL_OPTIONS: std::ops::RangeInclusive<usize> = 2..=20;

/// Makes the options lines as they are stored. The statement of the writer inserts many messages at once: what the
/// tables would refuse is refused here; whether the options differ, by `require_different`.
///
/// # Errors
/// `Invalid` says what must not be in it.
pub fn clean_poll(new: &mut NewMessage) -> Result<()> {
    let Some(poll) = &mut new.poll else {
        return Ok(());
    };
    // The question, also where there are files.
    check_body(&new.body)?;
    let has_files = !(new.attachment_ids.is_empty() && new.attachments.is_empty());
    if new.kind != MessageKind::Text && !has_files {
        let reason = "must be text where there is no file";
        return Err(Error::invalid("kind", reason));
    }
    if !POLL_OPTIONS.contains(&poll.options.len()) {
        return Err(violated("polls_options_count"));
    }
    for option in &mut poll.options {
        *option = text::poll_option(option)?;
    }
    let max = usize::try_from(poll.max_choices).unwrap_or_default();
    if !(1..=poll.options.len()).contains(&max) {
        return Err(violated("polls_max_choices_range"));
    }
    Ok(())
}

/// The time at which the poll of a send closes, as the database holds it, 30 seconds to 366 days from now by its clock.
/// That of a send which has been written before may have come.
pub async fn check_end(
    db: &mut PgConnection,
    (sender_id, id): (UserId, ConversationId),
    client_id: Option<&str>,
    poll: &mut NewPoll,
) -> Result<()> {
    let Some(at) = page::time("poll.closesAt", poll.closes_at)? else {
        return Ok(());
    };
    let due = due_time(db, "poll.closesAt", at).await;
    let is_refused = matches!(due, Err(Error::Invalid(_)));
    // The time of a retry may have come; it is compared to that of the first poll, which has microseconds.
    let is_retry = is_refused && is_sent(db, sender_id, id, client_id).await?;
    let known = at.truncate_to_microsecond();
    poll.closes_at = Some(if is_retry { known } else { due? });
    Ok(())
}

/// Whether a message of this client id was written before.
async fn is_sent(
    db: &mut PgConnection,
    sender_id: UserId,
    id: ConversationId,
    client_id: Option<&str>,
) -> Result<bool> {
    let is_sent = sqlx::query_scalar!(
        r#"select exists (select from messages m
            where m.sender_id = $1 and m.client_id = $2 and m.conversation_id + 0 = $3) as "is_sent!""#,
        sender_id.0,
        client_id,
        id.0
    )
    .fetch_one(db)
    .await?;
    Ok(is_sent)
}

/// Refuses options that read alike: regardless of case, composition, width and white space (`fold_text`).
///
/// # Errors
/// `Invalid` if two of them do.
pub async fn require_different(db: &mut PgConnection, options: &[String]) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(distinct fold_text(o.text)) as "count!" from unnest($1::text[]) o(text)"#,
        options
    )
    .fetch_one(db)
    .await?;
    if count < page::len(options) {
        return Err(Error::invalid("poll.options", "must differ"));
    }
    Ok(())
}

/// The question of an edit: without the options below it, which those show who know texts only. Nobody votes until the
/// transaction ends. `present` is the question that the message has; the same once more is no change.
///
/// # Errors
/// `Conflict` once somebody has voted, and once the poll is closed: the answers would be to something else. `Invalid`
/// where a client has changed the lines of the options, or has written below them: the rest of them would become the
/// question, and be shown twice. Lines that the question had before are its own.
pub async fn edited_question(
    db: &mut PgConnection,
    id: i64,
    present: &str,
    mut body: String,
) -> Result<String> {
    // Also where its own last lines are those of the options.
    if body == present {
        return Ok(body);
    }
    let poll = sqlx::query!(
        r#"select p.options, (p.revision > 0 or is_over(p)) as "is_fixed!"
        from polls p where p.message_id = $1 for update"#,
        id
    )
    .fetch_optional(db)
    .await?;
    let Some(poll) = poll else {
        return Ok(body);
    };
    let lines = option_lines(poll.options.iter().map(String::as_str));
    let question = body.strip_suffix(lines.as_str()).map(str::len);
    if let Some(length) = question {
        body.truncate(length);
    }
    if body == present {
        return Ok(body);
    }
    if poll.is_fixed {
        let fixed = "A poll cannot be edited once somebody has voted, or once it is closed.";
        return Err(Error::Conflict(fixed));
    }
    let is_option = |line: &str| {
        let line = line.trim();
        let has_line = |text: &str| text.lines().any(|it| it.trim() == line);
        !line.is_empty() && has_line(lines.as_str()) && !has_line(present)
    };
    if question.is_none() && body.lines().any(is_option) {
        let reason = "must end with the options of the poll as they are, or have none of them";
        return Err(Error::invalid("body", reason));
    }
    check_body(&body)?;
    Ok(body)
}
