//! Polls: messages that ask something. This file has the votes; a poll is sent with its message.

mod closing;
pub(crate) mod pending;
mod telling;
mod votes;

pub(crate) use votes::vote_changes;

use crate::{
    Caller, Chat, Error, Result,
    drafts::require_still_member,
    messages::{POLL_OPTIONS, as_message, json_len, load_message},
    page,
    personal::next_seq,
};
use model::{
    ConversationId, MessageId, NewVote, Page, PageRequest, PersonalEvent, PollVote, Sender, Voter,
};
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use votes::load_votes;

/// People to whom votes are told at once. More are told by the timer, once for all nodes, those of 5 seconds together.
const MAX_TOLD_SOON: i64 = 1_000;

/// A poll whose row is locked: of several votes in it, and its end, one comes after the other.
struct LockedPoll {
    max_choices: i16,
    option_count: i32,
    is_over: bool,
    anonymous: bool,
    /// The people whom a vote is told to; 0 of the announcements.
    people: i64,
    /// Bytes that each of them got when it was told last; null before the first vote, up to which the question
    /// can be edited.
    told_len: Option<i32>,
}

impl Chat {
    /// Votes in a poll: the choice replaces an earlier one of the caller's. The same choice changes nothing. Members
    /// only, also of the announcements.
    ///
    /// # Errors
    /// `Conflict` once the poll is closed; `NotFound("poll")` for a message that asks nothing.
    pub async fn vote(&self, caller: &Caller, id: MessageId, new: NewVote) -> Result<PollVote> {
        let mut options = new.options;
        if options.is_empty() {
            return Err(Error::invalid("options", "must be at least one"));
        }
        if options.len() > *POLL_OPTIONS.end() {
            let reason = format!("must be at most {}", POLL_OPTIONS.end());
            return Err(Error::invalid("options", reason));
        }
        options.sort_unstable();
        options.dedup();
        self.change_vote(caller, id, options).await
    }

    /// Takes the caller's vote back; without one, nothing changes. The rest as `vote`.
    pub async fn retract_vote(&self, caller: &Caller, id: MessageId) -> Result<PollVote> {
        self.change_vote(caller, id, Vec::new()).await
    }

    async fn change_vote(
        &self,
        caller: &Caller,
        id: MessageId,
        options: Vec<i16>,
    ) -> Result<PollVote> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_voter(caller, conversation_id).await?;
        // In a task of its own: to its end, even when the caller is dropped.
        let (chat, caller) = (self.clone(), *caller);
        let voting =
            tokio::spawn(
                async move { chat.write_vote(caller, conversation_id, id, options).await },
            );
        voting.await.map_err(Error::internal)?
    }

    async fn write_vote(
        &self,
        caller: Caller,
        conversation_id: ConversationId,
        id: MessageId,
        options: Vec<i16>,
    ) -> Result<PollVote> {
        let mut tx = self.begin().await?;
        // Takes the user's lock; without a change, the number goes with the transaction.
        let seq = next_seq(&mut tx, caller.user_id).await?;
        let poll = lock_poll(&mut tx, id).await?;
        let known = sqlx::query_scalar!(
            "select options from poll_votes where message_id = $1 and user_id = $2",
            id.0,
            caller.user_id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        let known = known.unwrap_or_default();
        if known == options {
            tx.rollback().await?;
            // It costs what a change does that nobody else is told of.
            self.0.limits.told.take_change(caller.user_id, 0)?;
            return self.count_vote(&caller, id).await;
        }
        poll.check(&options)?;
        require_still_member(&mut tx, caller.user_id, conversation_id)
            .await
            .map_err(as_message)?;
        let told = &self.0.limits.told;
        // Those whom the timer tells of many votes at once cost no vote of its own.
        let people = if poll.is_told_soon(conversation_id) {
            poll.people
        } else {
            0
        };
        let bytes = match poll.told_len {
            Some(bytes) => usize::try_from(bytes).map_err(Error::internal)?,
            None => json_len(&load_message(&mut tx, id).await?),
        };
        told.take_message_change(caller.user_id, people, 0, || bytes)?;
        let voters = i64::from(!options.is_empty()) - i64::from(!known.is_empty());
        sqlx::query!(
            "with voted as (
                update polls set revision = revision + 1, voter_count = voter_count + $5, told_len = $6,
                    untold_since = coalesce(untold_since, clock_timestamp())
                where message_id = $1
            )
            insert into poll_votes (message_id, user_id, options, seq) values ($1, $2, $3, $4)
            on conflict (message_id, user_id) do update
            set options = excluded.options, seq = excluded.seq, voted_at = clock_timestamp()",
            id.0,
            caller.user_id.0,
            &options,
            seq,
            voters,
            i32::try_from(bytes).map_err(Error::internal)?
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if poll.is_told_soon(conversation_id) {
            self.tell_votes_soon(conversation_id, id);
        }
        let counted = self.count_vote(&caller, id).await;
        let event = match &counted {
            Ok(vote) => PersonalEvent::Vote {
                vote: Box::new(vote.clone()),
            },
            // The vote counts all the same, and the own devices ask for it.
            Err(_) => PersonalEvent::Sequence { personal_seq: seq },
        };
        self.publish_personal(caller.user_id, event);
        counted
    }

    /// Without the lock of the poll: thousands may vote at the same moment.
    async fn count_vote(&self, caller: &Caller, id: MessageId) -> Result<PollVote> {
        let mut db = self.0.db.acquire().await?;
        load_vote(&mut db, caller, id).await
    }

    /// What the caller has voted in the polls of these messages, with the results that they may see, as of now.
    /// Messages that ask nothing, or that the caller may not see, are left out.
    pub async fn own_votes(&self, caller: &Caller, ids: &[MessageId]) -> Result<Vec<PollVote>> {
        let ids = page::message_ids(ids)?;
        let mut db = self.0.db.acquire().await?;
        load_votes(&mut db, caller.user_id, &ids).await
    }

    /// Who has voted, or who has chosen an option, those who did so first first: of a poll that is not anonymous, for
    /// those who may see its results.
    ///
    /// # Errors
    /// `Forbidden` otherwise, to everybody; `Invalid` for an option that there is not.
    pub async fn voters(
        &self,
        caller: &Caller,
        id: MessageId,
        option: Option<i16>,
        page: PageRequest,
    ) -> Result<Page<Voter>> {
        let limit = page::limit(page.limit)?;
        let [after, after_id] = page::numbers(page.cursor.as_deref())?.unwrap_or([0, 0]);
        let after = of_microseconds(after)?;
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        let mut db = self.0.db.acquire().await?;
        require_voters_shown(&mut db, caller, id, option).await?;
        let rows = sqlx::query!(
            r#"select sender_json(u) as "user!: Json<Sender>", v.options, v.voted_at
            from poll_votes v
            join users u on u.id = v.user_id
            where v.message_id = $1 and v.options <> '{}' and ($2::smallint is null or $2 = any(v.options))
                and (v.voted_at, v.user_id) > ($3, $4)
            order by v.voted_at, v.user_id limit $5"#,
            id.0,
            option,
            after,
            after_id,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let voters = rows.into_iter().map(|row| Voter {
            user: row.user.0,
            options: row.options,
            voted_at: row.voted_at,
        });
        Ok(page::cut(voters.collect(), limit, |it: &Voter| {
            let at = it.voted_at.unix_timestamp_nanos() / 1_000;
            format!("{at}.{}", it.user.id)
        }))
    }

    /// `NotFound` of the message unless the caller sees it; `Forbidden` in a channel that they have not joined.
    async fn require_voter(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        match self.require_member(caller, id).await {
            Err(Error::NotFound(_)) => {
                self.require_visible(caller, id).await.map_err(as_message)?;
                Err(Error::Forbidden("Join the channel first."))
            }
            other => other,
        }
    }
}

impl LockedPoll {
    /// Whether votes are told at once. Those in the announcements, which everybody reads and anybody may vote in, and
    /// those of very many people would be too many tellings of each node. One that is told by itself, in the moment of
    /// its request, would say who has chosen what in an anonymous poll.
    fn is_told_soon(&self, conversation_id: ConversationId) -> bool {
        let is_few = self.people <= MAX_TOLD_SOON;
        is_few && !self.anonymous && conversation_id != ConversationId::ANNOUNCEMENTS
    }

    fn check(&self, options: &[i16]) -> Result<()> {
        if self.is_over {
            return Err(Error::Conflict("The poll is closed."));
        }
        if !options.iter().all(|it| is_option(*it, self.option_count)) {
            return Err(Error::invalid("options", "must be numbers of options"));
        }
        if options.len() > usize::try_from(self.max_choices).unwrap_or_default() {
            let reason = format!("must be at most {}", self.max_choices);
            return Err(Error::invalid("options", reason));
        }
        Ok(())
    }
}

/// Whether a poll of so many options has one of this place.
fn is_option(place: i16, count: i32) -> bool {
    (1..=count).contains(&i32::from(place))
}

async fn lock_poll(tx: &mut PgConnection, id: MessageId) -> Result<LockedPoll> {
    sqlx::query_as!(
        LockedPoll,
        r#"select p.max_choices, p.anonymous, cardinality(p.options) as "option_count!",
            is_over(p) as "is_over!", c.member_count as "people!", p.told_len
        from polls p
        join conversations c on c.id = p.conversation_id
        where p.message_id = $1 for update of p"#,
        id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("poll"))
}

/// The time of a cursor, which has microseconds since 1970.
fn of_microseconds(at: i64) -> Result<OffsetDateTime> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000).ok();
    at.filter(|it| (1..=9999).contains(&it.year()))
        .ok_or_else(|| Error::invalid("cursor", "is not one of ours"))
}

async fn load_vote(tx: &mut PgConnection, caller: &Caller, id: MessageId) -> Result<PollVote> {
    let votes = load_votes(tx, caller.user_id, &[id.0]).await?;
    votes.into_iter().next().ok_or(Error::NotFound("poll"))
}

async fn require_voters_shown(
    db: &mut PgConnection,
    caller: &Caller,
    id: MessageId,
    option: Option<i16>,
) -> Result<()> {
    let poll = sqlx::query!(
        r#"select p.anonymous, cardinality(p.options) as "option_count!", shows_results(p, exists (
                select from poll_votes v
                where v.message_id = p.message_id and v.user_id = $2 and v.options <> '{}'
            )) as "shows_results!"
        from polls p where p.message_id = $1"#,
        id.0,
        caller.user_id.0
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound("poll"))?;
    if poll.anonymous {
        let secret = "The poll is anonymous: nobody sees who has voted what.";
        return Err(Error::Forbidden(secret));
    }
    if !poll.shows_results {
        let hidden = "Only those who have voted see the results before the poll is closed.";
        return Err(Error::Forbidden(hidden));
    }
    if option.is_some_and(|it| !is_option(it, poll.option_count)) {
        return Err(Error::invalid("option", "must be the number of an option"));
    }
    Ok(())
}
