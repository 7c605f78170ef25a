//! A batch in the words of the database: one call of `send_messages`, whose migration has the rules.

use super::queue::Outgoing;
use crate::{
    Error, Result,
    messages::{kind_text, mentions},
};
use model::{Message, NewAttachment, UserId};
use serde_json::{Value, json};
use sqlx::{PgConnection, types::Json};

/// What has become of a send.
pub enum Outcome {
    Written(Written),
    /// An earlier send with the same `clientId` had written it.
    Repeated(Message),
    /// Somebody else holds the conversation.
    Busy,
    Refused(Error),
    /// Perhaps it was written.
    Unknown(Error),
}

pub struct Written {
    pub message: Message,
    /// How far the sender had read and received, where they move over what others said.
    pub before: Option<(i64, i64)>,
    pub mentioned: Vec<UserId>,
}

/// In one transaction, of which nothing is left when this fails. The outcomes are in the order of
/// the sends. A patient one waits for conversations that somebody else holds.
pub async fn write(
    db: &mut PgConnection,
    sends: &[Outgoing],
    patient: bool,
) -> Result<Vec<Outcome>> {
    let conversation_ids: Vec<_> = sends.iter().map(|it| it.conversation_id.0).collect();
    let sender_ids: Vec<_> = sends.iter().map(|it| it.sender_id.0).collect();
    let kinds: Vec<_> = sends.iter().map(|it| kind_text(it.new.kind)).collect();
    let bodies: Vec<_> = sends.iter().map(|it| it.new.body.as_str()).collect();
    let reply_to_ids: Vec<_> = sends
        .iter()
        .map(|it| it.new.reply_to_id.map(|id| id.0))
        .collect();
    let client_ids: Vec<_> = sends.iter().map(|it| it.new.client_id.as_deref()).collect();
    let official: Vec<_> = sends.iter().map(|it| it.manner.official).collect();
    let openings: Vec<_> = sends.iter().map(|it| it.manner.opening).collect();
    let attachments = lists(sends, |it| it.new.attachments.iter().map(file).collect());
    let names = lists(sends, |it| mentions::names(&it.new.body));
    // To its last row: that the database has committed is what comes after it.
    let rows = sqlx::query!(
        r#"select outcome as "outcome!", noun as "noun: Json<Message>", read_before,
            delivered_before, mentioned
        from send_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#,
        patient,
        &conversation_ids,
        &sender_ids,
        &kinds as &[&str],
        &bodies as &[&str],
        &reply_to_ids as &[Option<i64>],
        &client_ids as &[Option<&str>],
        &official,
        &openings,
        attachments as Option<Vec<Option<Json<Vec<Value>>>>>,
        names as Option<Vec<Option<Json<Vec<String>>>>>
    )
    .fetch_all(db)
    .await?;
    let outcomes = rows.into_iter().map(|row| {
        let noun = row.noun.map(|Json(message)| message);
        outcome(&row.outcome, noun, |message| Written {
            message,
            before: row.read_before.zip(row.delivered_before),
            mentioned: row
                .mentioned
                .unwrap_or_default()
                .into_iter()
                .map(UserId)
                .collect(),
        })
    });
    Ok(outcomes.collect())
}

fn outcome(word: &str, noun: Option<Message>, written: impl FnOnce(Message) -> Written) -> Outcome {
    let refusal = match (word, noun) {
        ("written", Some(message)) => return Outcome::Written(written(message)),
        ("repeated", Some(message)) => return Outcome::Repeated(message),
        ("busy", _) => return Outcome::Busy,
        ("no_conversation", _) => Error::NotFound("conversation"),
        ("not_joined", _) => Error::Forbidden("Join the channel first."),
        ("conflict", _) => Error::Conflict("This clientId was used for another message."),
        ("opened", _) => Error::Conflict("Something has been said here already."),
        ("no_reply", _) => Error::invalid("replyToId", "names no message of this conversation"),
        (other, _) => Error::internal(format!("send_messages answered {other}")),
    };
    Outcome::Refused(refusal)
}

/// A list for each send that has one; nothing at all where none has.
fn lists<T>(
    sends: &[Outgoing],
    list: impl Fn(&Outgoing) -> Vec<T>,
) -> Option<Vec<Option<Json<Vec<T>>>>> {
    let lists: Vec<_> = sends
        .iter()
        .map(|it| Some(list(it)).filter(|it| !it.is_empty()).map(Json))
        .collect();
    lists.iter().any(Option::is_some).then_some(lists)
}

fn file(attachment: &NewAttachment) -> Value {
    json!({ "name": attachment.name, "url": attachment.url })
}
