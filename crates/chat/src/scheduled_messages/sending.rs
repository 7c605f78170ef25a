//! Sending of scheduled messages at their time, once, by whichever node comes first.
//!
//! A node takes the rows that are due for a short time, in which the others pass over them. It sends them as their
//! users would, each with a client id of its own, and notes the outcome. If it dies in between, another node takes
//! them, finds the messages that were written by their client ids, and sends the others. No connection is held while
//! a message is being sent: the writer of messages needs one too.

use super::row::{
    Due, MAX_BATCH, client_id, find_sent, load, lock, lock_one, mark_owing, put_back, take_due,
    take_now, try_again_in,
};
use crate::{Caller, Chat, Error, Result};
use futures_util::future::join_all;
use model::{
    ConversationId, MessageId, NewMessage, ScheduledMessage, ScheduledMessageId, SendFailure,
    UploadId, UserId,
};
use sqlx::{PgConnection, types::Json};
use std::{collections::HashMap, time::Duration};

/// Until the next attempt after an error that may pass and says no time.
const RETRY_DELAY: Duration = Duration::from_secs(1);

const FILE_GONE: Error =
    Error::Conflict("A file of the message is gone. Change the message to send it without.");

const OWES_TWO_FACTOR: &str = "The account has to set two-factor authentication up first.";

/// The message of a send, or why there is none.
type SendOutcome = Result<MessageId>;

impl Chat {
    /// Sends what is due; whether there may be more.
    pub(crate) async fn send_due_messages(&self) -> Result<bool> {
        let mut db = self.0.db.acquire().await?;
        let mut due = take_due(&mut db).await?;
        if due.is_empty() {
            return Ok(false);
        }
        mark_owing(&mut db, &mut due, self.two_factor_demand()).await?;
        let sent = find_sent(&mut db, &due).await?;
        drop(db);
        due.sort_by_key(|it| it.conversation_id);
        let of_one = due.chunk_by(|it, next| it.conversation_id == next.conversation_id);
        let sends = of_one.map(|it| self.send_in_order(it, &sent));
        let outcomes = join_all(sends).await.into_iter().flatten();
        let mut settled: Vec<_> = due.iter().zip(outcomes).collect();
        // Every transaction takes the locks of users in this order.
        settled.sort_by_key(|(it, _)| it.user_id);
        let mut tx = self.begin().await?;
        let mut changed = Vec::new();
        for (due, outcome) in settled {
            if note(&mut tx, due, outcome).await? {
                changed.push((UserId(due.user_id), load(&mut tx, due.id).await?));
            }
        }
        let has_more = i64::try_from(due.len()).unwrap_or(MAX_BATCH) >= MAX_BATCH;
        tx.commit().await?;
        for (user_id, scheduled) in &changed {
            self.publish_scheduled(*user_id, scheduled);
        }
        Ok(has_more)
    }

    /// Sends a scheduled message of the caller's at once. If the send is refused, it stays as it was.
    ///
    /// # Errors
    /// Those of `send_message`; `Conflict` once it is being sent, was sent or cancelled.
    pub async fn send_scheduled_now(
        &self,
        caller: &Caller,
        id: ScheduledMessageId,
    ) -> Result<ScheduledMessage> {
        self.0.limits.told.take_change(caller.user_id, 1)?;
        // In a task of its own: to its end, even when the caller is dropped.
        let (chat, caller) = (self.clone(), *caller);
        let sending = tokio::spawn(async move {
            let mut tx = chat.begin().await?;
            let due = lock(&mut tx, &caller, id).await?;
            due.require_sender(&caller)?;
            take_now(&mut tx, due.id).await?;
            tx.commit().await?;
            let message_id = match chat.send_one(&due, &HashMap::new()).await {
                Ok(message_id) => message_id,
                Err(error) => {
                    let mut tx = chat.begin().await?;
                    put_back(&mut tx, &due).await?;
                    tx.commit().await?;
                    return Err(error);
                }
            };
            let mut tx = chat.begin().await?;
            // Another node may have noted it meanwhile.
            note(&mut tx, &due, Ok(message_id)).await?;
            chat.commit_scheduled(tx, caller.user_id, id.0).await
        });
        sending.await.map_err(Error::internal)?
    }

    /// Sends what is due in one conversation in its order. Messages without files are queued at once, and written together;
    /// one with files waits before it is queued, and the next ones wait for it. So do announcements, which are not queued.
    async fn send_in_order(&self, due: &[Due], sent: &HashMap<i64, MessageId>) -> Vec<SendOutcome> {
        let mut outcomes = Vec::with_capacity(due.len());
        let announced = ConversationId::ANNOUNCEMENTS.0;
        let is_alone = |it: &Due| !it.upload_ids.is_empty() || it.conversation_id == announced;
        for together in due.chunk_by(|it, next| !is_alone(it) && !is_alone(next)) {
            let sends = together.iter().map(|it| self.send_one(it, sent));
            outcomes.extend(join_all(sends).await);
        }
        outcomes
    }

    async fn send_one(&self, due: &Due, sent: &HashMap<i64, MessageId>) -> SendOutcome {
        if let Some(id) = sent.get(&due.id) {
            return Ok(*id);
        }
        if due.is_blocked {
            return Err(Error::Forbidden("The account is blocked."));
        }
        if due.owes_two_factor {
            return Err(Error::Forbidden(OWES_TWO_FACTOR));
        }
        let new = NewMessage {
            body: due.body.clone(),
            reply_to_id: due.reply_to_id.map(MessageId),
            thread_id: due.thread_id.map(MessageId),
            also_to_conversation: due.also_to_conversation,
            client_id: Some(client_id(due.id)),
            attachment_ids: due.upload_ids.iter().copied().map(UploadId).collect(),
            ..NewMessage::default()
        };
        let id = ConversationId(due.conversation_id);
        let sent = self.send_message(&due.caller(), id, new).await;
        let sent = sent.map_err(|error| {
            if is_of_a_file(&error) {
                FILE_GONE
            } else {
                error
            }
        })?;
        Ok(sent.message.id)
    }
}

fn is_of_a_file(error: &Error) -> bool {
    matches!(error, Error::Invalid(fields) if fields.iter().any(|it| it.field == "attachmentIds"))
}

/// Writes the outcome of a send, unless another node has; whether the user has to be told. The row's lock comes before
/// that of the user.
async fn note(tx: &mut PgConnection, due: &Due, outcome: SendOutcome) -> Result<bool> {
    if lock_one(tx, due.id).await?.is_none() {
        return Ok(false);
    }
    match outcome {
        Ok(message_id) => {
            sqlx::query!(
                "with own as (select next_personal_seq($2) as seq)
                update scheduled_messages s set body = '', reply_to_id = null, state = 'sent',
                    failure = null, message_id = $3, seq = own.seq
                from own where s.id = $1",
                due.id,
                due.user_id,
                message_id.0
            )
            .execute(tx)
            .await?;
        }
        Err(error) if error.may_pass() => {
            let delay = error.retry_after().map(Duration::from_secs);
            tracing::debug!(%error, id = due.id, "a scheduled message is sent later");
            let delay = delay.unwrap_or(RETRY_DELAY);
            try_again_in(tx, due.id, delay.as_secs_f64()).await?;
            return Ok(false);
        }
        Err(error) => {
            let failure = SendFailure {
                code: error.code(),
                detail: error.to_string(),
            };
            sqlx::query!(
                "with own as (select next_personal_seq($2) as seq)
                update scheduled_messages s set state = 'failed', failure = $3, seq = own.seq
                from own where s.id = $1",
                due.id,
                due.user_id,
                Json(failure) as _
            )
            .execute(tx)
            .await?;
        }
    }
    Ok(true)
}
