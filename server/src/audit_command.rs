//! The command `parlance audit`: verifies the audit log and prints it, over the database, while servers run.

use crate::config::{ExportAudit, VerifyAudit};
use chat::{AuditReport, Caller, Chat, Error};
use model::{AuditEntry, AuditFilter};
use serde_json::json;
use std::io::{self, Write};
use time::format_description::well_known::Rfc3339;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("there is no user with the username {0:?}")]
    UnknownUser(String),
    #[error("{0}")]
    Chat(#[from] Error),
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

type Result<T> = std::result::Result<T, AuditError>;

/// Prints what was found, and returns whether the chain is whole.
pub async fn verify(chat: &Chat, command: &VerifyAudit) -> Result<bool> {
    // What was written a moment ago is looked at, too. A server may be at it.
    chat.chain_audit_log().await?;
    let expected = command.expect.clone();
    let report = chat.verify_audit_log(&Caller::OPERATOR, expected).await?;
    let text = if command.json {
        to_json(&report)
    } else {
        in_words(&report)
    };
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(report.faults.is_empty())
}

/// Prints the entries in words.
pub async fn list(chat: &Chat, command: &ExportAudit) -> Result<()> {
    let filter = filter(chat, command).await?;
    for_each(chat, &filter, |entry| {
        let at = entry.occurred_at.format(&Rfc3339).unwrap_or_default();
        format!("{at}  {:<28} {}", entry.action, entry.in_words())
    })
    .await
}

/// Prints the entries as JSON lines.
pub async fn export(chat: &Chat, command: &ExportAudit) -> Result<()> {
    let filter = filter(chat, command).await?;
    chat.begin_audit_export(&Caller::OPERATOR, &filter).await?;
    for_each(chat, &filter, |entry| {
        serde_json::to_string(entry).unwrap_or_default()
    })
    .await
}

async fn for_each(
    chat: &Chat,
    filter: &AuditFilter,
    line: impl Fn(&AuditEntry) -> String,
) -> Result<()> {
    let mut cursor = None;
    loop {
        let page = chat.export_audit_entries(&Caller::OPERATOR, filter, cursor);
        let page = page.await?;
        let mut out = io::stdout().lock();
        for entry in &page.items {
            match writeln!(out, "{}", line(entry)) {
                // `head` has enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written?,
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn filter(chat: &Chat, command: &ExportAudit) -> Result<AuditFilter> {
    let find = async |username: &Option<String>| {
        let Some(username) = username else {
            return Ok(None);
        };
        match chat.find_user_named(&Caller::OPERATOR, username).await {
            Ok(id) => Ok(Some(id)),
            Err(Error::NotFound(_)) => Err(AuditError::UnknownUser(username.clone())),
            Err(error) => Err(error.into()),
        }
    };
    Ok(AuditFilter {
        actor_id: find(&command.actor).await?,
        target_id: find(&command.target).await?,
        ..command.filter()
    })
}

fn in_words(report: &AuditReport) -> String {
    let mut lines = vec![format!(
        "{} entries were looked at, {} of them with something erased; {} are not chained yet.",
        report.entries, report.erased, report.unchained
    )];
    if report.begins_after > 0 {
        let begin = report.begins_after;
        lines.push(format!(
            "Those up to {begin} were removed for their age or are gone."
        ));
    }
    if let Some(at) = report.begins_at {
        let at = at.format(&Rfc3339).unwrap_or_default();
        lines.push(format!("The first one is of {at}."));
    }
    if let Some(head) = &report.head {
        lines.push(format!("The head is {}:{}", head.position, head.hash));
    }
    for fault in &report.faults {
        lines.push(format!("BROKEN: {fault}."));
    }
    if report.faults.is_empty() {
        lines.push("The chain is whole.".to_owned());
    }
    lines.join("\n")
}

fn to_json(report: &AuditReport) -> String {
    let head = report.head.as_ref();
    let head = head.map(|it| json!({ "position": it.position, "hash": it.hash }));
    let begins_at = report.begins_at.and_then(|at| at.format(&Rfc3339).ok());
    let faults: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
    json!({ "entries": report.entries, "beginsAfter": report.begins_after, "beginsAt": begins_at, "head": head,
        "unchained": report.unchained, "erased": report.erased, "faults": faults })
    .to_string()
}
