//! `ToldLimits`: what an account may cost others, by the number of people whom its changes are told to, by the
//! bytes that each of them gets, and by how often it may put somebody into a conversation.
//!
//! Each node counts for itself.

use super::{limits::RateLimits, token_buckets::TokenBuckets};
use crate::error::Result;
use model::UserId;
use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

/// Conversations into which one account may put the same person at once. Beyond it, `TooManyRequests`.
const INVITATIONS_BURST: NonZeroU32 = NonZeroU32::new(30).expect("above zero");

/// Time until the account may put that person into another one, after the burst.
const INVITATION_REFILL: Duration = Duration::from_secs(20);

/// Pictures of people and conversations that one account may set at once, each of which is decoded. Beyond it,
/// `TooManyRequests`.
const PICTURES_BURST: NonZeroU32 = NonZeroU32::new(20).expect("above zero");

/// Time until it may set another one, after the burst.
const PICTURE_REFILL: Duration = Duration::from_secs(30);

/// Bytes of a message that are told for the price of one person; each part of as many costs one more.
const BYTES_PER_PERSON: usize = 4 * 1024;

/// None where the operator has lifted the limits of volume.
pub struct ToldLimits(Option<Buckets>);

struct Buckets {
    /// People whom changes of an account are told to.
    people: TokenBuckets,
    /// Bytes that changes of an account bring to each of those people. The people alone would let one account
    /// fill the link of another with a few long messages.
    bytes: TokenBuckets,
    /// People whom receipts of an account are told to. They have a bucket of their own: what somebody reads
    /// must not keep them from writing.
    receipts: TokenBuckets,
    /// Edits, deletions, reactions, and changes of conversations, of their members and of a profile.
    changes: TokenBuckets,
    /// New groups and channels with others.
    conversations: TokenBuckets,
    /// By the account that adds and the person whom it adds.
    invitations: TokenBuckets<(UserId, UserId)>,
    /// Pictures of people and conversations.
    pictures: TokenBuckets,
}

impl ToldLimits {
    pub fn new(limits: &RateLimits) -> Self {
        let people = |of| {
            let (burst, per_second) = (limits.people_told_burst, limits.people_told_per_second);
            TokenBuckets::new(of, burst, per_second, false)
        };
        let conversation_refill = Duration::from_mins(1) / limits.conversations_per_minute.get();
        Self(limits.volume.then(|| Buckets {
            people: people("people told"),
            bytes: TokenBuckets::new(
                "bytes told",
                limits.bytes_told_burst,
                limits.bytes_told_per_second,
                false,
            ),
            receipts: people("people told"),
            changes: TokenBuckets::new(
                "changes",
                limits.messages_burst,
                limits.messages_per_second,
                false,
            ),
            conversations: TokenBuckets::with_refill(
                "new conversations",
                limits.conversations_burst,
                conversation_refill,
            ),
            invitations: TokenBuckets::with_refill(
                "conversations with the same person",
                INVITATIONS_BURST,
                INVITATION_REFILL,
            ),
            pictures: TokenBuckets::with_refill("pictures", PICTURES_BURST, PICTURE_REFILL),
        }))
    }

    /// Counts a change that is told to so many people.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has made too many changes, or told too many people.
    pub fn take_change(&self, user_id: UserId, people: i64) -> Result<()> {
        let Some(buckets) = &self.0 else {
            return Ok(());
        };
        let now = Instant::now();
        buckets.changes.require(user_id, now)?;
        buckets.people.take_many(user_id, count(people), now)?;
        buckets.changes.take(user_id, now)
    }

    /// Counts a picture of a person or a conversation, before it is decoded.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has set too many.
    pub fn take_picture(&self, user_id: UserId) -> Result<()> {
        match &self.0 {
            Some(buckets) => buckets.pictures.take(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// As `take_change`, for a change that tells each of these people a message of so many bytes. What its new mentions of
    /// many cost comes on top, in people: all is taken, or nothing.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has made too many changes, or told too many people or bytes.
    pub fn take_message_change(
        &self,
        user_id: UserId,
        people: i64,
        mentions_cost: i64,
        bytes: impl FnOnce() -> usize,
    ) -> Result<()> {
        let Some(buckets) = &self.0 else {
            return Ok(());
        };
        let (now, bytes) = (Instant::now(), bytes());
        let mentions_cost = mentions_cost.try_into().unwrap_or(u32::MAX);
        let people = people_and_bytes(people, bytes).saturating_add(mentions_cost);
        let bytes = count(bytes);
        buckets.changes.require(user_id, now)?;
        buckets.people.require_many(user_id, people, now)?;
        buckets.bytes.take_many(user_id, bytes, now)?;
        buckets.people.take_many(user_id, people, now)?;
        buckets.changes.take(user_id, now)
    }

    /// Counts a message of so many bytes that is told to so many people because its time has come: all, or nothing.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many people or bytes. It is told later then.
    pub fn take_told(&self, user_id: UserId, people: i64, bytes: usize) -> Result<()> {
        let Some(buckets) = &self.0 else {
            return Ok(());
        };
        let now = Instant::now();
        let people = people_and_bytes(people, bytes);
        buckets.people.require_many(user_id, people, now)?;
        buckets.bytes.take_many(user_id, count(bytes), now)?;
        buckets.people.take_many(user_id, people, now)
    }

    /// Counts the bytes of a new message before it is written, and returns them; `charge_message` counts what is
    /// known afterwards. Nothing is measured where nothing is counted.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many bytes.
    pub fn take_message(&self, user_id: UserId, bytes: impl FnOnce() -> usize) -> Result<usize> {
        let Some(it) = &self.0 else { return Ok(0) };
        let bytes = bytes();
        it.bytes.take_many(user_id, count(bytes), Instant::now())?;
        Ok(bytes)
    }

    /// Counts a message that has been told to so many people, and the bytes beyond those that were taken before.
    /// It may overdraw the buckets, by their capacity at most.
    pub fn charge_message(
        &self,
        user_id: UserId,
        people: i64,
        bytes: impl FnOnce() -> usize,
        taken: usize,
    ) {
        if let Some(it) = &self.0 {
            let (now, bytes) = (Instant::now(), bytes());
            it.people
                .charge(&[(user_id, people_and_bytes(people, bytes))], now);
            let more = u32::try_from(bytes.saturating_sub(taken)).unwrap_or(u32::MAX);
            it.bytes.charge(&[(user_id, more)], now);
        }
    }

    /// Counts what is told to so many people.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many.
    pub fn take(&self, user_id: UserId, people: i64) -> Result<()> {
        match &self.0 {
            Some(it) => it.people.take_many(user_id, count(people), Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts nothing yet: for what is told to a number of people that is known afterwards (`charge`).
    ///
    /// # Errors
    /// `TooManyRequests` when the account has told too many.
    pub fn require(&self, user_id: UserId) -> Result<()> {
        match &self.0 {
            Some(it) => it.people.require(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// As `require`, for a change of which there are not many in a second.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has made too many changes, or told too many people.
    pub fn require_change(&self, user_id: UserId) -> Result<()> {
        self.require(user_id)?;
        match &self.0 {
            Some(it) => it.changes.take(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts what has been told to so many people. It may overdraw the bucket, by its capacity at most.
    pub fn charge(&self, user_id: UserId, people: i64) {
        if let Some(it) = &self.0 {
            let usage = [(user_id, count(people))];
            it.people.charge(&usage, Instant::now());
        }
    }

    /// Counts a receipt that is told to so many people; `false` when it has to wait for its turn.
    pub fn take_receipt(&self, user_id: UserId, people: i64) -> bool {
        let Some(it) = &self.0 else { return true };
        let taken = it
            .receipts
            .take_many(user_id, count(people), Instant::now());
        taken.is_ok()
    }

    /// Whether receipts are counted at all.
    pub fn limits_receipts(&self) -> bool {
        self.0.is_some()
    }

    /// Counts nothing yet: for a new group or channel with others.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has begun too many, or told too many people.
    pub fn require_conversation(&self, user_id: UserId) -> Result<()> {
        self.require(user_id)?;
        match &self.0 {
            Some(it) => it.conversations.require(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts a new group or channel with others.
    ///
    /// # Errors
    /// `TooManyRequests` when the account has begun too many.
    pub fn take_conversation(&self, user_id: UserId) -> Result<()> {
        match &self.0 {
            Some(it) => it.conversations.take(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts that an account puts these people into a conversation.
    ///
    /// # Errors
    /// `TooManyRequests` when it has done so too often with one of them.
    pub fn take_invitations(&self, user_id: UserId, invited: &[UserId]) -> Result<()> {
        let Some(it) = &self.0 else {
            return Ok(());
        };
        let pairs = invited.iter().map(|invited| (user_id, *invited));
        it.invitations.take_each(pairs, Instant::now())
    }
}

/// At least one: the change is told to the account's own devices.
fn count(number: impl TryInto<u32> + Ord + From<u8>) -> u32 {
    number.max(1.into()).try_into().unwrap_or(u32::MAX)
}

/// What a message costs in people: a long one counts each of them several times.
fn people_and_bytes(people: i64, bytes: usize) -> u32 {
    count(people).saturating_mul(count(bytes.div_ceil(BYTES_PER_PERSON)))
}
