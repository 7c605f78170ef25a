//! The worker that fills the search index behind the changes of messages.
//!
//! Each part is one transaction that locks the row of `search_state`, so that one node indexes at a time. How
//! far a conversation is indexed is a `seq` of it (`search_progress`). A node notes the conversations that it
//! changes; what a node that died has noted, and what imports have written, is found by the comparison of
//! all conversations with their progress. A search reads what is not indexed yet itself, so nothing is
//! missed however late the worker is.

use crate::{Chat, Result};
use metrics::{counter, gauge};
use model::ConversationId;
use sqlx::PgConnection;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// From a change to its part, so that the changes meanwhile share it.
const INDEX_DELAY: Duration = Duration::from_millis(500);

/// Between two comparisons of all conversations, whichever nodes make them.
const COMPARE_SECONDS: f64 = 30.0;

/// The pause after a part, in times that the part has taken: indexing takes a third of a core at most.
const PAUSE_FACTOR: u32 = 2;

/// Messages and conversations of one part.
const MAX_MESSAGES: i64 = 2_000;
const MAX_CONVERSATIONS: usize = 200;

/// Conversations that one comparison returns. If there are more, the next one follows at once.
const MAX_COMPARED: i64 = 10_000;
const MAX_COMPARED_LEN: usize = 10_000;

/// While another node indexes, and after a failure.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// What a part has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexedPart {
    /// There may be more to do.
    More,
    /// Everything that this node knows of is indexed.
    UpToDate,
    /// Another node is at it.
    Taken,
}

impl Chat {
    /// Indexes what changes, until it is aborted.
    pub async fn keep_indexed(&self) {
        loop {
            let started_at = Instant::now();
            match self.index_part().await {
                // People's own queries come first, and a search reads what is missing.
                Ok(IndexedPart::More) => sleep(started_at.elapsed() * PAUSE_FACTOR).await,
                Ok(IndexedPart::UpToDate) => {
                    let due = Duration::from_secs_f64(COMPARE_SECONDS);
                    let _ = timeout(due, self.0.pending_index.changed()).await;
                    sleep(INDEX_DELAY).await;
                }
                Ok(IndexedPart::Taken) => sleep(RETRY_DELAY).await,
                Err(error) => {
                    tracing::warn!(%error, "the search index is filled later");
                    sleep(RETRY_DELAY).await;
                }
            }
        }
    }

    /// Indexes everything that is not indexed yet. Returns without that if another node is at it.
    pub async fn index_all(&self) -> Result<()> {
        // The second comparison finds what has come meanwhile, and that nothing is behind.
        for _ in 0..2 {
            sqlx::query!("update search_state set compared_at = null")
                .execute(&self.0.db)
                .await?;
            while self.index_part().await? == IndexedPart::More {}
        }
        Ok(())
    }

    /// Changes of messages that were not indexed when all conversations were last compared.
    pub fn search_lag(&self) -> i64 {
        self.0.pending_index.lag()
    }

    /// Indexes one part, in a transaction of its own.
    pub async fn index_part(&self) -> Result<IndexedPart> {
        let pending = &self.0.pending_index;
        let mut tx = self.begin().await?;
        let state = sqlx::query!(
            r#"select lag, compared_at is null
                or compared_at < now() - make_interval(secs => $1) as "is_due!"
            from search_state for update skip locked"#,
            COMPARE_SECONDS
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(state) = state else {
            return Ok(IndexedPart::Taken);
        };
        self.report_lag(state.lag);
        if state.is_due || pending.has_left_out() {
            let (behind, lag) = compare(&mut tx).await?;
            pending.set_left_out(behind.len() >= MAX_COMPARED_LEN);
            self.report_lag(lag);
            pending.note(behind);
        }
        let taken = pending.take(MAX_CONVERSATIONS);
        if taken.is_empty() {
            tx.commit().await?;
            return Ok(IndexedPart::UpToDate);
        }
        let indexed = index(&mut tx, &taken).await;
        let indexed = match indexed {
            Ok(is_done) => tx.commit().await.map(|()| is_done).map_err(Into::into),
            Err(error) => Err(error),
        };
        let is_done = indexed.inspect_err(|_| pending.note(taken.iter().copied()))?;
        if !is_done {
            pending.note(taken);
        }
        self.flush_index().await?;
        Ok(IndexedPart::More)
    }

    fn report_lag(&self, lag: i64) {
        self.0.pending_index.set_lag(lag);
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        gauge!("parlance_search_lag_changes").set(lag as f64);
    }

    /// Moves the new entries from the pending lists of the indexes, which a search reads from end to end, to
    /// their places.
    async fn flush_index(&self) -> Result<()> {
        sqlx::query_scalar!(
            "select flush_pending_list(i) from unnest(array['message_search_text_trgm', 'message_search_grams',
                'search_words_trgm']::regclass[]) i"
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(())
    }
}

/// Brings the conversations up to date; whether that is done.
async fn index(tx: &mut PgConnection, ids: &[ConversationId]) -> Result<bool> {
    let ids: Vec<i64> = ids.iter().map(|it| it.0).collect();
    let part = sqlx::query!(
        r#"select looked_at as "looked_at!", is_done as "is_done!" from index_search($1, $2)"#,
        &ids,
        MAX_MESSAGES
    )
    .fetch_one(tx)
    .await?;
    let looked_at = u64::try_from(part.looked_at).unwrap_or(0);
    counter!("parlance_search_indexed_total").increment(looked_at);
    Ok(part.is_done)
}

/// The conversations that are behind, the newest first, with the number of changes that all are behind. Removes
/// what is left of conversations that were deleted while they were indexed.
async fn compare(tx: &mut PgConnection) -> Result<(Vec<ConversationId>, i64)> {
    sqlx::query!(
        "with gone as (
            delete from search_progress p
            where not exists (select from conversations c where c.id = p.conversation_id)
            returning p.conversation_id
        )
        delete from message_search s using gone where s.conversation_id = gone.conversation_id"
    )
    .execute(&mut *tx)
    .await?;
    let behind = sqlx::query!(
        r#"with behind as materialized (
            select c.id, c.seq - coalesce(p.seq, 0) as lag
            from conversations c left join search_progress p on p.conversation_id = c.id
            where c.seq > coalesce(p.seq, 0)
        ), told as (
            update search_state s set lag = b.lag, compared_at = now()
            from (select coalesce(sum(lag), 0)::bigint as lag from behind) b
            returning s.lag
        )
        select told.lag as "lag!", array(
            select b.id from behind b order by b.id desc limit $1
        ) as "ids!" from told"#,
        MAX_COMPARED
    )
    .fetch_one(tx)
    .await?;
    let ids = behind.ids.into_iter().map(ConversationId).collect();
    Ok((ids, behind.lag))
}
