//! Verifies the chain of the audit log, and says where it breaks.

use super::{chain::hex, row::Row};
use crate::{Caller, Chat, Result};
use model::AuditAction;
use sqlx::PgConnection;
use std::fmt;
use time::OffsetDateTime;

/// Entries that are read at once.
const MAX_READ: i64 = 5000;

/// Faults that are told. There is one reason for all of them in most cases.
const MAX_FAULTS: usize = 100;

/// How long one look at all entries may take.
const VERIFY_TIMEOUT: &str = "set local statement_timeout = '1h'";

/// A place in the chain, and the hash of the entry there: as a log line or an export has told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    pub position: i64,
    /// In hexadecimal.
    pub hash: String,
}

/// Where the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// The entries from one position to another one are gone.
    Missing { from: i64, to: i64 },
    /// The entry is not what was chained, or does not follow the one before it.
    Changed { position: i64 },
    /// What is personal in it is not what was chained.
    Person { position: i64 },
    /// What is personal in it was emptied, and no entry says so of somebody whose account was deleted.
    Emptied { position: i64 },
    /// The beginning is gone, and no entry says that it was removed for its age.
    Beginning { position: i64 },
    /// The last entries are gone, or came without being chained by a server.
    End { expected: i64, found: i64 },
    /// The entry is not the one of which the hash was told.
    Expected { position: i64 },
    /// The entry of which the hash was told was removed, for its age as the log says: nothing can be compared with it.
    Removed { position: i64 },
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { from, to } if from == to => write!(f, "entry {from} is gone"),
            Self::Missing { from, to } => write!(f, "the entries {from} to {to} are gone"),
            Self::Changed { position } => {
                write!(
                    f,
                    "entry {position} was changed, or does not follow the one before it"
                )
            }
            Self::Person { position } => {
                write!(f, "what is personal in entry {position} was changed")
            }
            Self::Emptied { position } => write!(
                f,
                "what is personal in entry {position} was emptied, and no entry says so of a deleted account"
            ),
            Self::Beginning { position } => write!(
                f,
                "the entries up to {position} are gone, and no entry says that they were removed for their age"
            ),
            Self::End { expected, found } => {
                write!(
                    f,
                    "the log ends with entry {found} instead of {expected}, or its last hash was changed"
                )
            }
            Self::Expected { position } => {
                write!(
                    f,
                    "entry {position} is not there, or not the one of which the hash was told"
                )
            }
            Self::Removed { position } => write!(
                f,
                "entry {position}, of which the hash was told, was removed for its age, as the log says: if it is \
                younger than that, somebody has cut the log"
            ),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries of the chain that were looked at.
    pub entries: i64,
    /// The position after which the chain begins: those up to it were removed for their age.
    pub begins_after: i64,
    /// When the first entry that is there was written: a log that begins later than it should was cut. `None` for an empty
    /// log.
    pub begins_at: Option<OffsetDateTime>,
    /// `None` for an empty log.
    pub head: Option<AuditHead>,
    /// Entries that no server has chained yet.
    pub unchained: i64,
    /// Entries of which something personal was erased.
    pub erased: i64,
    /// In the order of positions, 100 at most.
    pub faults: Vec<AuditFault>,
}

/// How far the walk has come.
struct Walk {
    report: AuditReport,
    position: i64,
    hash: Vec<u8>,
    expected: Vec<AuditHead>,
}

impl Walk {
    /// Compares what was told of entries that are gone with the hash that is left of them: that of the last one.
    fn compare_removed(&mut self, told: Vec<AuditHead>) {
        let anchor = hex(&self.hash);
        for it in told {
            let position = it.position;
            if position < self.position {
                self.fault(AuditFault::Removed { position });
            } else if it.hash != anchor {
                self.fault(AuditFault::Expected { position });
            }
        }
    }

    fn fault(&mut self, fault: AuditFault) {
        if self.report.faults.len() < MAX_FAULTS {
            self.report.faults.push(fault);
        }
    }

    /// Goes on after a fault with what the entry says, so that the next fault is another one.
    fn step(&mut self, row: &Row) {
        let (Some(position), Some(hash), Some(actor), Some(target)) = (
            row.position,
            &row.hash,
            &row.actor_commitment,
            &row.target_commitment,
        ) else {
            return;
        };
        if position > self.position + 1 {
            self.fault(AuditFault::Missing {
                from: self.position + 1,
                to: position - 1,
            });
        } else if row.content(position, actor, target).hash(&self.hash) != hash.as_slice() {
            self.fault(AuditFault::Changed { position });
        }
        if !row.actor().fits(actor) || !row.target().fits(target) {
            self.fault(AuditFault::Person { position });
        }
        let told = hex(hash);
        let is_other = |it: &AuditHead| it.position == position && it.hash != told;
        if self.expected.iter().any(is_other) {
            self.fault(AuditFault::Expected { position });
        }
        self.expected.retain(|it| it.position != position);
        self.report.begins_at.get_or_insert(row.occurred_at);
        self.report.entries += 1;
        self.report.erased += i64::from(row.is_erased());
        self.position = position;
        self.hash.clone_from(hash);
    }
}

impl Chat {
    /// Walks the whole chain, in one state of the database. `expected` are hashes that were told before: with a recent one,
    /// the loss of the last entries is seen, and a chain that was made anew. Administrators only.
    pub async fn verify_audit_log(
        &self,
        caller: &Caller,
        expected: Vec<AuditHead>,
    ) -> Result<AuditReport> {
        caller.require_admin()?;
        let mut tx = self.snapshot().await?;
        sqlx::raw_sql(VERIFY_TIMEOUT).execute(&mut *tx).await?;
        let chain = sqlx::query!(
            r#"select anchor_position, anchor_hash, head_position, head_hash,
                (select count(*) from audit_entries where position is null) as "unchained!"
            from audit_chain"#
        )
        .fetch_one(&mut *tx)
        .await?;
        let (removed, expected): (Vec<_>, Vec<_>) = expected
            .into_iter()
            .partition(|it| it.position <= chain.anchor_position);
        let mut walk = Walk {
            report: AuditReport {
                entries: 0,
                begins_after: chain.anchor_position,
                begins_at: None,
                head: None,
                unchained: chain.unchained,
                erased: 0,
                faults: Vec::new(),
            },
            position: chain.anchor_position,
            hash: chain.anchor_hash,
            expected,
        };
        let anchor = hex(&walk.hash);
        if walk.position > 0 && !is_swept(&mut tx, walk.position, &anchor).await? {
            let position = walk.position;
            walk.fault(AuditFault::Beginning { position });
        }
        walk.compare_removed(removed);
        loop {
            let rows = load_chained(&mut tx, walk.position).await?;
            for row in &rows {
                walk.step(row);
            }
            if i64::try_from(rows.len()).unwrap_or(i64::MAX) < MAX_READ {
                break;
            }
        }
        for position in unexplained_erasures(&mut tx).await? {
            walk.fault(AuditFault::Emptied { position });
        }
        if (walk.position, &walk.hash) != (chain.head_position, &chain.head_hash) {
            let (expected, found) = (chain.head_position, walk.position);
            walk.fault(AuditFault::End { expected, found });
        }
        for expected in std::mem::take(&mut walk.expected) {
            walk.fault(AuditFault::Expected {
                position: expected.position,
            });
        }
        walk.report.head = (walk.position > 0).then(|| AuditHead {
            position: walk.position,
            hash: hex(&walk.hash),
        });
        Ok(walk.report)
    }
}

/// Whether an entry says that the chain was cut after this position.
async fn is_swept(tx: &mut PgConnection, position: i64, hash: &str) -> Result<bool> {
    let is_swept = sqlx::query_scalar!(
        r#"select exists (
            select from audit_entries where action = $1 and details ->> 'position' = $2 and details ->> 'hash' = $3
        ) as "is_swept!""#,
        AuditAction::AuditSwept.name(),
        position.to_string(),
        hash
    )
    .fetch_one(tx)
    .await?;
    Ok(is_swept)
}

/// The positions of entries in which something was emptied, and no later entry says whose data was erased. One about a user
/// whose account was not deleted explains nothing: whoever may empty an entry may write that one, too.
async fn unexplained_erasures(tx: &mut PgConnection) -> Result<Vec<i64>> {
    let found = sqlx::query_scalar!(
        r#"with erased as materialized (
            select a.target_id, max(a.id) as id from audit_entries a
            where a.action = $1 and exists (select from deletions d where d.user_id = a.target_id)
            group by a.target_id
        )
        select e.position as "position!" from audit_entries e
        left join erased a on a.target_id = e.actor_id
        left join erased t on t.target_id = e.target_id
        where e.position is not null and e.action <> $1
            and (e.actor_salt is null and coalesce(a.id, 0) < e.id
                    and not (e.actor_kind = 'stranger' and coalesce(t.id, 0) > e.id)
                or e.target_salt is null and coalesce(t.id, 0) < e.id)
        order by e.position limit 100"#,
        AuditAction::AuditErased.name()
    )
    .fetch_all(tx)
    .await?;
    Ok(found)
}

async fn load_chained(tx: &mut PgConnection, after: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, occurred_at, action, actor_kind, actor_id, target_id, conversation_id, session_id, door,
            details::text as "details!", actor_name, host(address) as address, user_agent,
            actor_salt::text, target_name, target_salt::text,
            position, actor_commitment, target_commitment, hash
        from audit_entries where position > $1 order by position limit $2"#,
        after,
        MAX_READ
    )
    .fetch_all(tx)
    .await?;
    Ok(rows)
}
