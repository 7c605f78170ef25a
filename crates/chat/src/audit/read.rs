//! Reading the audit log: by administrators, and by each user what is about their own account.

use super::{filter::Filter, new_entry::NewEntry, row::Row};
use crate::{Caller, Chat, Error, Result, page};
use model::{AuditAction, AuditActorKind, AuditEntry, AuditFilter, Page, PageRequest};
use time::{Duration, OffsetDateTime};

/// Entries of one part of an export.
const MAX_EXPORTED: i64 = 1000;

/// Days of what each user sees of their own account.
const OWN_DAYS: i64 = 90;

/// The place of an entry in a page.
fn cursor(entry: &AuditEntry) -> String {
    let micros = entry.occurred_at.unix_timestamp_nanos() / 1000;
    format!("{micros}.{}", entry.id)
}

fn time_of(micros: i64) -> Result<OffsetDateTime> {
    let nanos = i128::from(micros) * 1000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok();
    page::time("cursor", at)?.ok_or_else(|| Error::invalid("cursor", "is not one of this list"))
}

impl Chat {
    /// A page of the audit log, the newest entries first. Administrators only.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a filter that cannot match.
    pub async fn audit_entries(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        caller.require_admin()?;
        let limit = page::limit(page.limit)?;
        let filter = Filter::read(filter)?;
        self.find_entries(&filter, page, limit).await
    }

    /// Begins to export the entries of a filter: writes into the log that the caller does it. `export_audit_entries` has
    /// the entries. Administrators only.
    pub async fn begin_audit_export(&self, caller: &Caller, filter: &AuditFilter) -> Result<()> {
        caller.require_admin()?;
        Filter::read(filter)?;
        NewEntry::by(caller, AuditAction::AuditExported)
            .write(&self.0.db)
            .await
    }

    /// A part of an export, the newest entries first. Administrators only.
    pub async fn export_audit_entries(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        cursor: Option<String>,
    ) -> Result<Page<AuditEntry>> {
        caller.require_admin()?;
        let page = PageRequest {
            cursor,
            limit: None,
        };
        let filter = Filter::read(filter)?;
        self.find_entries(&filter, &page, MAX_EXPORTED).await
    }

    /// What the audit log has about the caller's own account, of the last 90 days, the newest first. Of others it has
    /// neither addresses nor programs.
    pub async fn own_activity(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        caller.require_person()?;
        let limit = page::limit(page.limit)?;
        let since = OffsetDateTime::now_utc() - Duration::days(OWN_DAYS);
        let filter = Filter::of_account(caller.user_id.0, since);
        let mut found = self.find_entries(&filter, page, limit).await?;
        for entry in &mut found.items {
            let is_own = entry.actor.as_ref().map(|it| it.id) == Some(caller.user_id);
            entry.chain = None;
            if !is_own && entry.actor_kind != AuditActorKind::Stranger {
                entry.address = None;
                entry.user_agent = None;
                entry.session_id = None;
                entry.door = None;
            }
        }
        Ok(found)
    }

    async fn find_entries(
        &self,
        filter: &Filter,
        page: &PageRequest,
        limit: i64,
    ) -> Result<Page<AuditEntry>> {
        let before = page::numbers(page.cursor.as_deref())?;
        let before = before.map(|[micros, id]| Ok::<_, Error>((time_of(micros)?, id)));
        let (before_at, before_id) = before.transpose()?.unzip();
        let rows = sqlx::query_as!(
            Row,
            r#"select e.id, occurred_at, action, actor_kind, actor_id, target_id, conversation_id, session_id, door,
                details::text as "details!", actor_name, host(address) as address, user_agent,
                actor_salt::text, target_name, target_salt::text,
                position, actor_commitment, target_commitment, hash
            from find_audit_entries($1, $2, $3, $4, $5, $6::text::inet, $7, $8, $9, $10, $11) f(id)
            join audit_entries e on e.id = f.id
            order by occurred_at desc, e.id desc"#,
            filter.person_id,
            filter.actor_id,
            filter.target_id,
            filter.conversation_id,
            filter.actions.as_deref(),
            filter.network,
            filter.since,
            filter.until,
            before_at,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let entries = rows.into_iter().map(Row::into_entry).collect();
        Ok(page::cut(entries, limit, cursor))
    }
}
