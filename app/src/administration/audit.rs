//! The page of the audit log: found by who, what, where from and when.

use super::{layout::administration_page, paths::AUDIT_PATH};
use crate::request_context::{percent_encode, query_param_of};
use axum::http::request::Parts;
use chat::{Caller, Chat, Error};
use leptos::prelude::*;
use model::{AuditAction, AuditEntry, AuditFilter, Page, PageRequest, UserId, browser_name};
use time::{
    Date, OffsetDateTime, Time,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const CURSOR: &str = "after";

const ENTRIES_PER_PAGE: i64 = 50;

/// A day, as `<input type="date">` sends it (HTML, 2.3.5.2).
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// The fields of the form, as they were typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    actor: String,
    target: String,
    action: String,
    network: String,
    since: String,
    until: String,
}

#[derive(Clone, Debug)]
pub struct AuditLog {
    typed: Typed,
    entries: Page<AuditEntry>,
    /// Why nothing is listed.
    problem: Option<String>,
}

/// What cannot match is said above the form, which keeps what was typed.
pub async fn load_audit_log(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<AuditLog> {
    let typed = Typed::read(parts);
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(ENTRIES_PER_PAGE),
    };
    let found = async {
        let filter = typed.filter(chat, caller).await?;
        chat.audit_entries(caller, &filter, &page).await
    };
    let (entries, problem) = match found.await {
        Ok(entries) => (entries, None),
        Err(error @ (Error::Invalid(_) | Error::NotFound(_))) => {
            let nothing = Page {
                items: Vec::new(),
                next_cursor: None,
            };
            (nothing, Some(error.to_string()))
        }
        Err(error) => return Err(error),
    };
    Ok(AuditLog {
        typed,
        entries,
        problem,
    })
}

impl Typed {
    fn read(parts: &Parts) -> Self {
        let read = |name: &str| query_param_of(parts, name).unwrap_or_default();
        Self {
            actor: read("actor"),
            target: read("target"),
            action: read("action"),
            network: read("network"),
            since: read("since"),
            until: read("until"),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("actor", &self.actor),
            ("target", &self.target),
            ("action", &self.action),
            ("network", &self.network),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }

    /// The address of a page of the same entries.
    fn path(&self, cursor: Option<&str>) -> String {
        let fields = self.fields().into_iter();
        let fields = fields.chain(cursor.map(|cursor| (CURSOR, cursor)));
        let fields = fields.filter(|(_, value)| !value.is_empty());
        let fields = fields.map(|(name, value)| format!("{name}={}", percent_encode(value)));
        format!("{AUDIT_PATH}?{}", fields.collect::<Vec<_>>().join("&"))
    }

    async fn filter(&self, chat: &Chat, caller: &Caller) -> chat::Result<AuditFilter> {
        Ok(AuditFilter {
            actor_id: find(chat, caller, &self.actor).await?,
            target_id: find(chat, caller, &self.target).await?,
            conversation_id: None,
            action: Some(self.action.clone()),
            network: Some(self.network.clone()),
            since: start_of(&self.since, "since")?,
            // The day itself is included.
            until: start_of(&self.until, "until")?.map(|it| it.saturating_add(time::Duration::DAY)),
        })
    }
}

async fn find(chat: &Chat, caller: &Caller, username: &str) -> chat::Result<Option<UserId>> {
    let username = username.trim().trim_start_matches('@');
    if username.is_empty() {
        return Ok(None);
    }
    chat.find_user_named(caller, username).await.map(Some)
}

fn start_of(day: &str, field: &str) -> chat::Result<Option<OffsetDateTime>> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let day = Date::parse(day.trim(), DAY);
    let day = day.map_err(|_| Error::invalid(field, "must be a day such as 2026-03-01"))?;
    Ok(Some(day.with_time(Time::MIDNIGHT).assume_utc()))
}

pub fn audit_page(log: AuditLog) -> AnyView {
    let more = log.entries.next_cursor.as_deref().map(|cursor| {
        let path = log.typed.path(Some(cursor));
        any_view! { <p><a href=path>"Older entries"</a></p> }
    });
    let rows: Vec<_> = log.entries.items.iter().map(row).collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted">"There are none."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    let problem = log.problem.map(|problem| {
        any_view! { <p class="note note-error" role="alert">{problem}</p> }
    });
    // What is looked for stands open, so that nobody takes some entries for all.
    let is_open = log.typed.fields().iter().any(|(_, it)| !it.is_empty());
    let content = any_view! {
        <section class="card">
            <details open=is_open>
                <summary class="button">"Find entries"</summary>
                {problem}
                {filter_form(&log.typed)}
            </details>
        </section>
        <section class="card">
            <h3>"Audit log"</h3>
            {list}
            {more}
        </section>
    };
    administration_page("Audit log", content)
}

fn filter_form(typed: &Typed) -> AnyView {
    let text = |label: &'static str, name: &'static str, kind: &'static str, value: &str| {
        let id = format!("audit-{name}");
        any_view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input id=id name=name type=kind autocomplete="off" value=value.to_owned() />
            </div>
        }
    };
    any_view! {
        <form method="get" action=AUDIT_PATH role="search">
            {text("By (username)", "actor", "text", &typed.actor)}
            {text("To whom (username)", "target", "text", &typed.target)}
            <div class="field">
                <label for="audit-action">"Action"</label>
                <select id="audit-action" class="field-box" name="action">{options(&typed.action)}</select>
            </div>
            {text("Address or network", "network", "text", &typed.network)}
            {text("From (UTC)", "since", "date", &typed.since)}
            {text("To (UTC)", "until", "date", &typed.until)}
            <div class="form-end">
                <button class="button button-primary">"Find"</button>
            </div>
        </form>
    }
}

/// Each noun stands for all of its actions, which follow it.
fn options(chosen: &str) -> Vec<AnyView> {
    let mut names = vec![("", "All".to_owned())];
    let mut noun = "";
    for action in AuditAction::ALL {
        let name = action.name();
        let (of, _) = name.split_once('.').unwrap_or((name, ""));
        if of != noun {
            noun = of;
            names.push((of, format!("{of}: all")));
        }
        names.push((name, name.to_owned()));
    }
    let option = |(value, label): (&'static str, String)| {
        let is_chosen = value == chosen;
        any_view! { <option value=value selected=is_chosen>{label}</option> }
    };
    names.into_iter().map(option).collect()
}

fn row(entry: &AuditEntry) -> AnyView {
    let from = entry.address.as_deref();
    let from = from.map(|address| format!(", from {address}"));
    let at = entry.occurred_at.format(&Rfc3339).unwrap_or_default();
    let day = entry.occurred_at.date().to_string();
    let clock = format!(
        "{:02}:{:02} UTC",
        entry.occurred_at.hour(),
        entry.occurred_at.minute()
    );
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{entry.in_words()}</strong>
                <p class="muted">
                    <time datetime=at>{day} " " {clock}</time>
                    {from}
                </p>
                <details>
                    <summary>"Details"</summary>
                    <dl class="audit-details">{details(entry)}</dl>
                </details>
            </div>
        </li>
    }
}

fn details(entry: &AuditEntry) -> Vec<AnyView> {
    let mut rows = vec![
        ("Entry", Some(entry.id.clone())),
        ("Action", Some(entry.action.clone())),
        ("Done by", Some(entry.actor_kind.name().to_owned())),
        ("Door", entry.door.clone()),
        ("Session", entry.session_id.map(|id| id.to_string())),
        (
            "Conversation",
            entry.conversation_id.map(|id| id.to_string()),
        ),
    ];
    let program = entry.user_agent.as_deref();
    rows.push((
        "Program",
        program.map(|it| browser_name(it).unwrap_or(it).to_owned()),
    ));
    let link = entry.chain.as_ref();
    rows.push(("Place in the chain", link.map(|it| it.position.to_string())));
    rows.push(("Hash", link.map(|it| it.hash.clone())));
    let said = entry
        .details
        .iter()
        .map(|(name, value)| (name.as_str(), Some(value.clone())));
    let rows = rows.into_iter().chain(said);
    let shown = rows.filter_map(|(name, value)| {
        let (name, value) = (name.to_owned(), value?);
        Some(any_view! {
            <dt>{name}</dt>
            <dd dir="auto" translate="no">{value}</dd>
        })
    });
    shown.collect()
}
