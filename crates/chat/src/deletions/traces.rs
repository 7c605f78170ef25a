//! What is left of somebody: every table and every column is looked through, also those that a later version adds. This is
//! the proof that a deletion has erased what it should.

use crate::{Caller, Chat, Error, Result};
use model::{Trace, UserId};
use sqlx::PgConnection;

/// What stays of a deleted account: the table, the column that names the user, why, and whether it stays only with the
/// messages. docs/personal-data.md says the same to people.
const KEPT: &[(&str, &str, &str, bool)] = &[
    (
        "access_changes",
        "user_id",
        "tells the nodes to end the sockets",
        false,
    ),
    (
        "audit_entries",
        "actor_id",
        "says that something was done, without name, address and device",
        false,
    ),
    (
        "audit_entries",
        "target_id",
        "says that something was done to the account, without its name",
        false,
    ),
    (
        "conversations",
        "created_by",
        "the conversation belongs to its members",
        false,
    ),
    (
        "conversations",
        "high_user_id",
        "the direct conversation belongs to the other one, too",
        false,
    ),
    (
        "conversations",
        "low_user_id",
        "the direct conversation belongs to the other one, too",
        false,
    ),
    (
        "deletions",
        "user_id",
        "notes when the deletion was asked for and finished",
        false,
    ),
    (
        "favorites",
        "person_id",
        "is on the list of somebody else",
        false,
    ),
    (
        "forwards",
        "said_by",
        "belongs to the message of whoever has forwarded it",
        false,
    ),
    (
        "link_preview_jobs",
        "sender_id",
        "waits with its message",
        true,
    ),
    (
        "members",
        "user_id",
        "tells clients that the member has left, and is half of a direct conversation",
        false,
    ),
    ("message_search", "sender_id", "finds the message", true),
    (
        "messages",
        "sender_id",
        "keeps the order of the conversation; empty where messages were removed",
        false,
    ),
    ("pins", "pinned_by", "belongs to the conversation", false),
    (
        "poll_votes",
        "user_id",
        "is a vote that everybody sees, without a name",
        true,
    ),
    (
        "reactions",
        "user_id",
        "is a reaction that everybody sees, without a name",
        true,
    ),
    (
        "sweeps",
        "after_user_id",
        "is how far a sweep has come, and no person",
        false,
    ),
    (
        "thread_messages",
        "sender_id",
        "keeps the order of the thread",
        false,
    ),
    (
        "uploads",
        "user_id",
        "is the file of a message that stays, perhaps one forwarded by somebody else",
        false,
    ),
    (
        "wildcard_mentions",
        "sender_id",
        "belongs to its message",
        true,
    ),
];

/// How long a look through all tables may take.
const LOOK_TIMEOUT: &str = "set local statement_timeout = '1h'";

impl Chat {
    /// The rows that name the user, each with why it stays, and those that have one of these texts: what the caller knows of
    /// the person, such as the username and the address of before. It reads whole tables. Administrators only, and by the
    /// command alone.
    ///
    /// # Errors
    /// `NotFound` for an account that was not deleted.
    pub async fn traces(
        &self,
        caller: &Caller,
        id: UserId,
        texts: &[String],
    ) -> Result<Vec<Trace>> {
        caller.require_admin()?;
        let removes_messages = sqlx::query_scalar!(
            "select removes_messages from deletions where user_id = $1",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("deletion"))?;
        let mut tx = self.snapshot().await?;
        sqlx::raw_sql(LOOK_TIMEOUT).execute(&mut *tx).await?;
        let found = sqlx::query!(
            r#"select table_name as "table!", column_name as "column!", row_count as "rows!"
            from traces_of_user($1)"#,
            id.0
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut traces: Vec<_> = found
            .into_iter()
            .map(|row| Trace {
                why: reason(&row.table, &row.column, removes_messages),
                table: row.table,
                column: row.column,
                rows: row.rows,
            })
            .collect();
        let loose = sqlx::query_scalar!(
            r#"select count(*) as "rows!" from uploads u where u.user_id = $1
                and not exists (select from attachments a where a.upload_id = u.id)"#,
            id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        if loose > 0 {
            traces.push(unexplained("uploads", "user_id", loose));
        }
        traces.extend(said_of(&mut tx, id).await?);
        if !texts.is_empty() {
            let found = sqlx::query!(
                r#"select table_name as "table!", column_name as "column!", row_count as "rows!"
                from traces_of_texts($1)"#,
                texts
            )
            .fetch_all(&mut *tx)
            .await?;
            traces.extend(
                found
                    .into_iter()
                    .map(|row| unexplained(&row.table, &row.column, row.rows)),
            );
        }
        tx.commit().await?;
        Ok(traces)
    }
}

/// What must not be in rows that may stay: names and devices in the audit log, and when the user read.
async fn said_of(db: &mut PgConnection, id: UserId) -> Result<Vec<Trace>> {
    let found = sqlx::query!(
        r#"select (
                select count(*) from audit_entries
                where actor_id = $1 and num_nonnulls(actor_name, address, user_agent) > 0
            ) as "by_user!", (
                select count(*) from audit_entries where target_id = $1 and target_name is not null
            ) as "of_user!", (
                select count(*) from members where user_id = $1 and moved_at is not null
            ) as "moved!""#,
        id.0
    )
    .fetch_one(db)
    .await?;
    let found = [
        ("audit_entries", "actor_name", found.by_user),
        ("audit_entries", "target_name", found.of_user),
        ("members", "moved_at", found.moved),
    ];
    let found = found.into_iter().filter(|it| it.2 > 0);
    Ok(found
        .map(|(table, column, rows)| unexplained(table, column, rows))
        .collect())
}

fn reason(table: &str, column: &str, removes_messages: bool) -> Option<&'static str> {
    let kept = KEPT.iter().find(|it| it.0 == table && it.1 == column)?;
    (!(kept.3 && removes_messages)).then_some(kept.2)
}

fn unexplained(table: &str, column: &str, rows: i64) -> Trace {
    Trace {
        table: table.to_owned(),
        column: column.to_owned(),
        rows,
        why: None,
    }
}
