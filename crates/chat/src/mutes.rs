//! Mutes: conversations that shall not draw a user's attention, on all of their devices.

use crate::{
    Caller, Chat, Error, Result,
    drafts::require_still_member,
    due_time::{due_in, due_time},
    error::OnConstraint,
    page,
    personal::next_seq,
};
use model::{ConversationId, Mute, NewMute, Page, PageRequest, PersonalEvent, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Conversations that one user has muted. Beyond it, `Conflict`.
const MAX_MUTES: i64 = 1_000;

/// A row of `mute_states`.
struct MuteRow {
    conversation_id: i64,
    is_muted: bool,
    until: Option<OffsetDateTime>,
    seq: i64,
}

impl Chat {
    /// Mutes a conversation of the caller, until it is unmuted or until a time, 30 seconds to 366 days from now.
    /// Another time replaces the first. Members only.
    ///
    /// # Errors
    /// `Conflict` beyond 1,000 muted conversations.
    pub async fn set_mute(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMute,
    ) -> Result<Mute> {
        self.require_member(caller, id).await?;
        let mut tx = self.begin().await?;
        // Takes the user's lock; without a change, the number goes with the transaction.
        let seq = next_seq(&mut tx, caller.user_id).await?;
        let known = load(&mut tx, caller.user_id, id).await?;
        if known.seq > 0 && new.unless_set {
            return Ok(known);
        }
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let until = match (new.until, new.seconds) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("seconds", "cannot be given with `until`"));
            }
            (Some(at), None) => Some(due_time(&mut tx, "until", at).await?),
            (None, Some(seconds)) => Some(due_in(&mut tx, "seconds", seconds).await?),
            (None, None) => None,
        };
        require_room(&mut tx, caller.user_id, id).await?;
        let set = sqlx::query!(
            "insert into mutes as m (user_id, conversation_id, muted_until, seq)
            values ($1, $2, $3, $4)
            on conflict (user_id, conversation_id) do update
            set muted_until = excluded.muted_until, seq = excluded.seq
            where m.muted_until is distinct from excluded.muted_until",
            caller.user_id.0,
            id.0,
            until,
            seq
        )
        .execute(&mut *tx)
        .await
        .on_constraint("mutes_conversation_fkey", || {
            Error::NotFound("conversation")
        })?;
        if set.rows_affected() == 0 {
            return Ok(known);
        }
        require_still_member(&mut tx, caller.user_id, id).await?;
        let mute = load(&mut tx, caller.user_id, id).await?;
        tx.commit().await?;
        self.publish_mute(caller.user_id, &mute);
        Ok(mute)
    }

    /// Unmutes a conversation of the caller; nothing changes if it is not muted. Members only.
    pub async fn unmute(&self, caller: &Caller, id: ConversationId) -> Result<Mute> {
        self.require_member(caller, id).await?;
        let mut tx = self.begin().await?;
        let seq = next_seq(&mut tx, caller.user_id).await?;
        let unmuted = sqlx::query!(
            "update mutes set muted_until = 'epoch', seq = $3
            where user_id = $1 and conversation_id = $2
                and (muted_until is null or muted_until > statement_timestamp())",
            caller.user_id.0,
            id.0,
            seq
        )
        .execute(&mut *tx)
        .await?;
        let mute = load(&mut tx, caller.user_id, id).await?;
        if unmuted.rows_affected() == 0 {
            return Ok(mute);
        }
        tx.commit().await?;
        self.publish_mute(caller.user_id, &mute);
        Ok(mute)
    }

    /// What the caller has muted, the one that was muted last first.
    pub async fn mutes(&self, caller: &Caller, page: PageRequest) -> Result<Page<Mute>> {
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        let rows = sqlx::query_as!(
            MuteRow,
            r#"select conversation_id as "conversation_id!", is_muted as "is_muted!", until, seq as "seq!"
            from mute_states where user_id = $1 and seq < $2 and is_muted
            order by seq desc limit $3"#,
            caller.user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let mutes = rows.into_iter().map(Mute::from).collect();
        Ok(page::cut(mutes, limit, |it: &Mute| it.seq.to_string()))
    }

    /// The conversations that the caller has muted, by id.
    pub async fn muted_conversations(&self, caller: &Caller) -> Result<Vec<ConversationId>> {
        let ids = sqlx::query_scalar!(
            r#"select conversation_id as "id!" from mute_states
            where user_id = $1 and is_muted order by conversation_id"#,
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }

    /// Tells that a mute has ended with the membership.
    pub(crate) fn publish_ended_mute(&self, user_id: UserId, id: ConversationId, seq: i64) {
        let mute = Mute {
            seq,
            ..never_muted(id)
        };
        self.publish_mute(user_id, &mute);
    }

    fn publish_mute(&self, user_id: UserId, mute: &Mute) {
        let mute = mute.clone();
        self.publish_personal(user_id, PersonalEvent::Mute { mute });
    }
}

/// The mutes of a user that changed after a number, those included that were taken back, in order.
pub(crate) async fn mute_changes(
    db: &mut PgConnection,
    user_id: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<PersonalEvent>> {
    let rows = sqlx::query_as!(
        MuteRow,
        r#"select conversation_id as "conversation_id!", is_muted as "is_muted!", until, seq as "seq!"
        from mute_states where user_id = $1 and seq > $2 order by seq limit $3"#,
        user_id.0,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let events = rows
        .into_iter()
        .map(|row| PersonalEvent::Mute { mute: row.into() });
    Ok(events.collect())
}

impl From<MuteRow> for Mute {
    fn from(row: MuteRow) -> Self {
        Self {
            conversation_id: ConversationId(row.conversation_id),
            muted: row.is_muted,
            until: row.until,
            seq: row.seq,
        }
    }
}

fn never_muted(conversation_id: ConversationId) -> Mute {
    Mute {
        conversation_id,
        muted: false,
        until: None,
        seq: 0,
    }
}

async fn load(tx: &mut PgConnection, user_id: UserId, id: ConversationId) -> Result<Mute> {
    let row = sqlx::query_as!(
        MuteRow,
        r#"select conversation_id as "conversation_id!", is_muted as "is_muted!", until, seq as "seq!"
        from mute_states where user_id = $1 and conversation_id = $2"#,
        user_id.0,
        id.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map_or_else(|| never_muted(id), Mute::from))
}

async fn require_room(tx: &mut PgConnection, user_id: UserId, id: ConversationId) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from mute_states
        where user_id = $1 and is_muted and conversation_id <> $2"#,
        user_id.0,
        id.0
    )
    .fetch_one(tx)
    .await?;
    if count >= MAX_MUTES {
        let many = "Nobody can have more than 1000 muted conversations.";
        return Err(Error::Conflict(many));
    }
    Ok(())
}
