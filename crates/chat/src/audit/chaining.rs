//! Chains entries behind the verbs that write them, one node at a time; writes refused sign-ins; removes what is old.

use super::{
    chain::{Hash, hex},
    new_entry::NewEntry,
    row::Row,
};
use crate::{Chat, Result};
use metrics::gauge;
use model::AuditAction;
use sqlx::PgConnection;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks for entries that are not chained. A change of one before that is not seen.
const CHAIN_INTERVAL: Duration = Duration::from_secs(2);

/// Between two writes of refused sign-ins.
const REFUSALS_INTERVAL: Duration = Duration::from_mins(1);

/// Entries that one transaction chains.
const MAX_CHAINED: i64 = 1000;

/// Old entries that one transaction removes.
const MAX_SWEPT: i64 = 10_000;

/// Seconds between two lines of the log that tell the head.
const REPORT_SECONDS: f64 = 86_400.0;

impl Chat {
    /// Keeps the audit log chained, until it is aborted.
    pub async fn keep_audit_log(&self) {
        let mut refusals_written_at = Instant::now();
        loop {
            sleep(CHAIN_INTERVAL).await;
            if refusals_written_at.elapsed() >= REFUSALS_INTERVAL {
                refusals_written_at = Instant::now();
                if let Err(error) = self.write_refusals().await {
                    tracing::warn!(%error, "refused sign-ins are written later");
                }
            }
            if let Err(error) = self.chain_audit_log().await {
                tracing::warn!(%error, "the audit log is chained later");
            }
        }
    }

    /// Chains all entries that are not chained yet, unless another node is at it, and tells the head where it is due.
    pub async fn chain_audit_log(&self) -> Result<()> {
        while self.chain_part().await? == MAX_CHAINED {}
        Ok(())
    }

    /// Chains the oldest entries, in one transaction. Returns how many.
    async fn chain_part(&self) -> Result<i64> {
        let mut tx = self.begin().await?;
        // A lock is a write: it is only taken where there is something to do.
        let chain = sqlx::query!(
            r#"select head_position, head_hash, reported_at is null
                or reported_at < now() - make_interval(secs => $1) as "is_due!"
            from audit_chain
            where exists (select from audit_entries where position is null)
                or head_position > 0
                    and (reported_at is null or reported_at < now() - make_interval(secs => $1))
            for update skip locked"#,
            REPORT_SECONDS
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(chain) = chain else {
            return Ok(0);
        };
        let rows = load_unchained(&mut tx).await?;
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let (mut head, mut position) = (chain.head_hash, chain.head_position);
        let mut links = Links::default();
        for row in &rows {
            position += 1;
            let (actor, target) = (row.actor().commitment(), row.target().commitment());
            let hash = row.content(position, &actor, &target).hash(&head);
            links.push(row.id, position, [actor, target, hash]);
            head = hash.to_vec();
        }
        if count > 0 {
            links.write(&mut tx, position, &head).await?;
        }
        let is_told = chain.is_due && position > 0;
        if is_told {
            sqlx::query!("update audit_chain set reported_at = now()")
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        gauge!("parlance_audit_position").set(position as f64);
        if is_told {
            tracing::info!(position, hash = hex(&head), "the head of the audit log");
        }
        Ok(count)
    }

    /// Writes the sign-ins that were refused since the last call.
    pub async fn write_refusals(&self) -> Result<()> {
        let refusals = self.0.refusals.take();
        if refusals.is_empty() {
            return Ok(());
        }
        let written = async {
            let mut tx = self.begin().await?;
            for refusal in &refusals {
                let entry = NewEntry::by_stranger(&refusal.client, AuditAction::SessionRefused)
                    .with("reason", refusal.reason.name())
                    .with("attempts", refusal.attempts);
                let entry = match refusal.user_id {
                    Some(id) => entry.on(id),
                    None => entry,
                };
                entry.write(&mut *tx).await?;
            }
            tx.commit().await?;
            Ok(())
        };
        let written: Result<()> = written.await;
        written.inspect_err(|_| self.0.refusals.put_back(refusals.clone()))
    }
}

/// Removes entries that are older than the days for which they are kept, and says so in the log. Returns how many, and
/// whether there may be more.
pub async fn sweep(tx: &mut PgConnection, kept_days: i32) -> Result<(u64, bool)> {
    let swept = sqlx::query!(
        r#"select removed as "removed!", anchor_position as "position!", anchor_hash as "hash!"
        from sweep_audit_entries($1, $2)"#,
        kept_days,
        MAX_SWEPT
    )
    .fetch_one(&mut *tx)
    .await?;
    if swept.removed > 0 {
        NewEntry::by_server(AuditAction::AuditSwept)
            .with("entries", swept.removed)
            .with("position", swept.position)
            .with("hash", hex(&swept.hash))
            .write(tx)
            .await?;
    }
    let removed = u64::try_from(swept.removed).unwrap_or(0);
    Ok((removed, swept.removed >= MAX_SWEPT))
}

/// The rows are held: what is personal in them is not emptied meanwhile.
async fn load_unchained(tx: &mut PgConnection) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, occurred_at, action, actor_kind, actor_id, target_id, conversation_id, session_id, door,
            details::text as "details!", actor_name, host(address) as address, user_agent,
            actor_salt::text, target_name, target_salt::text,
            position, actor_commitment, target_commitment, hash
        from audit_entries where position is null order by id limit $1 for update"#,
        MAX_CHAINED
    )
    .fetch_all(tx)
    .await?;
    Ok(rows)
}

/// What the entries of a part get, by column.
#[derive(Default)]
struct Links {
    ids: Vec<i64>,
    positions: Vec<i64>,
    actors: Vec<Vec<u8>>,
    targets: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
}

impl Links {
    fn push(&mut self, id: i64, position: i64, [actor, target, hash]: [Hash; 3]) {
        self.ids.push(id);
        self.positions.push(position);
        self.actors.push(actor.to_vec());
        self.targets.push(target.to_vec());
        self.hashes.push(hash.to_vec());
    }

    async fn write(&self, tx: &mut PgConnection, position: i64, head: &[u8]) -> Result<()> {
        sqlx::query!(
            "update audit_entries e set position = l.position, actor_commitment = l.actor,
                target_commitment = l.target, hash = l.hash
            from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])
                l(id, position, actor, target, hash)
            where e.id = l.id",
            &self.ids,
            &self.positions,
            &self.actors,
            &self.targets,
            &self.hashes
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "update audit_chain set head_position = $1, head_hash = $2",
            position,
            head
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
