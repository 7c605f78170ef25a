//! The end of a poll: by hand, or at its time, by whichever node comes first.

use super::telling::{Charge, with_each};
use crate::{Caller, Chat, Error, Result, page};
use model::{ConversationId, Event, Message, MessageId, UserId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Polls that a node looks up at once when their time has come.
const MAX_DUE: i64 = 100;

/// Polls of which those are chosen by the turns of their senders: the first ones that are due.
const MAX_COMPARED: i64 = 2_000;

/// Polls of one sender that are refused at a look, until their others wait for the next one: a cheaper one may be told
/// where a dear one cannot be.
const MAX_REFUSED: usize = 3;

/// Seconds after its end for which a poll waits until its sender may tell so much. Then it is closed all the same, one of a
/// sender at each look, and their limits are overdrawn.
const MAX_WAIT: f64 = 60.0;

/// What senders could not pay for at one look.
#[derive(Default)]
struct Refused {
    polls: Vec<i64>,
    /// How many there are of each sender.
    senders: HashMap<i64, usize>,
    /// Senders of whom a poll that has waited for too long was closed.
    overdrawn: HashSet<i64>,
}

impl Chat {
    /// Closes a poll: nothing of it changes after that. Allowed to the sender, and to owners and admins of a group or
    /// channel; one that is closed stays as it is.
    pub async fn close_poll(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            let poll = sqlx::query!(
                r#"select closed_at is not null as "is_closed!" from polls
                where message_id = $1 for update"#,
                id.0
            )
            .fetch_optional(&mut *change.tx)
            .await?
            .ok_or(Error::NotFound("poll"))?;
            if change.sender_id != change.caller.user_id && !change.conversation.is_moderated() {
                return Err(Error::Forbidden(
                    "Only its sender or an admin may close a poll.",
                ));
            }
            if poll.is_closed {
                return change.unchanged().await;
            }
            // With it, all votes are told. Its time may have come, and no node has closed it yet.
            sqlx::query!(
                "update polls set closed_at = least(closes_at, clock_timestamp()),
                    revision = revision + 1, untold_since = null
                where message_id = $1",
                id.0
            )
            .execute(&mut *change.tx)
            .await?;
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }

    /// Closes the polls whose time has come. Those of different senders take turns, and each is charged to its sender as a
    /// change of the message is: what one cannot pay for now is told at a later look, though no vote counts any more, and
    /// `MAX_WAIT` after its end at the latest, or when those of the same sender that have waited for longer are told. One
    /// that cannot be closed for another reason is tried again at the next look, too, and holds up no other.
    pub(crate) async fn close_due_polls(&self) -> Result<()> {
        let refused = Arc::new(Mutex::new(Refused::default()));
        loop {
            let (passed, refused_ids) = lock(&refused).passed();
            let due = sqlx::query!(
                r#"select d.message_id, d.conversation_id, d.sender_id,
                    (d.closes_at <= statement_timestamp() - make_interval(secs => $5)) as "is_overdue!"
                from (
                    select f.*, row_number() over (partition by f.sender_id order by f.closes_at, f.message_id) as turn
                    from (
                        select p.message_id, p.conversation_id, p.closes_at, m.sender_id
                        from polls p
                        join messages m on m.id = p.message_id
                        where p.closed_at is null and p.closes_at <= statement_timestamp()
                            and m.sender_id <> all($2) and p.message_id <> all($4)
                        order by p.closes_at limit $3
                    ) f
                ) d
                order by d.turn, d.closes_at limit $1"#,
                MAX_DUE,
                &passed,
                MAX_COMPARED,
                &refused_ids,
                MAX_WAIT
            )
            .fetch_all(&self.0.db)
            .await?;
            let may_be_more = page::len(&due) >= MAX_DUE;
            let senders: HashMap<_, _> = due
                .iter()
                .map(|it| (MessageId(it.message_id), (it.sender_id, it.is_overdue)))
                .collect();
            let due = due
                .into_iter()
                .map(|it| (it.conversation_id, it.message_id));
            let close = |conversation_id, id| {
                let (chat, refused) = (self.clone(), Arc::clone(&refused));
                let (sender_id, is_overdue) = senders.get(&id).copied().unwrap_or_default();
                async move {
                    let is_deferred = lock(&refused).is_deferred(sender_id);
                    if is_deferred {
                        return Ok(());
                    }
                    let charge = Charge::Within(UserId(sender_id));
                    let mut closed = chat.close_due_poll(conversation_id, id, charge).await;
                    let overdraws = is_overdue
                        && is_too_dear(&closed)
                        && lock(&refused).overdrawn.insert(sender_id);
                    if overdraws {
                        let charge = Charge::Beyond(UserId(sender_id));
                        closed = chat.close_due_poll(conversation_id, id, charge).await;
                    }
                    if is_too_dear(&closed) {
                        lock(&refused).note(id, sender_id);
                        return Ok(());
                    }
                    closed
                }
            };
            if !(with_each(due, close).await && may_be_more) {
                return Ok(());
            }
        }
    }

    /// Nothing if another node, or somebody, has closed it.
    async fn close_due_poll(
        &self,
        conversation_id: ConversationId,
        id: MessageId,
        charge: Charge,
    ) -> Result<()> {
        let chat = self.clone();
        let work = async move {
            let mut telling = chat.begin_telling(conversation_id).await?;
            let closed = sqlx::query!(
                "update polls set closed_at = closes_at, revision = revision + 1, untold_since = null
                where message_id = $1 and closed_at is null and closes_at <= clock_timestamp()",
                id.0
            )
            .execute(&mut *telling.tx)
            .await?;
            if closed.rows_affected() == 0 {
                return Ok(());
            }
            chat.commit_and_tell(telling, id, charge).await
        };
        let locks = &self.0.conversation_locks;
        locks.run_locked(conversation_id, work).await
    }
}

impl Refused {
    /// The senders, and the other polls, that are not looked at again.
    fn passed(&self) -> (Vec<i64>, Vec<i64>) {
        let deferred = self.senders.keys().filter(|it| self.is_deferred(**it));
        (deferred.copied().collect(), self.polls.clone())
    }

    fn is_deferred(&self, sender_id: i64) -> bool {
        let count = self.senders.get(&sender_id).copied();
        count.unwrap_or_default() >= MAX_REFUSED
    }

    fn note(&mut self, id: MessageId, sender_id: i64) {
        self.polls.push(id.0);
        *self.senders.entry(sender_id).or_default() += 1;
    }
}

fn is_too_dear(closed: &Result<()>) -> bool {
    matches!(closed, Err(Error::TooManyRequests { .. }))
}

fn lock(refused: &Mutex<Refused>) -> MutexGuard<'_, Refused> {
    refused.lock().unwrap_or_else(PoisonError::into_inner)
}
