//! What an import has made, as lines that tests compare.

use crate::common::test_server::config;
use chat::Chat;
use clap::Parser;
use server::{Cli, Command, import::ImportOptions};
use sqlx::PgPool;
use std::path::{Path, PathBuf};

/// The folder of a contract's dump.
pub fn dump(contract: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/import/dumps")
        .join(contract)
}

pub fn options(contract: &str, source: &str, more: &[&str]) -> ImportOptions {
    let arguments = ["parlance", "import", contract, source];
    match Cli::try_parse_from(arguments.iter().chain(more))
        .unwrap()
        .into_command()
    {
        Command::Import(command) => command.options,
        _ => unreachable!("the command is `import`"),
    }
}

pub fn chat(pool: &PgPool) -> Chat {
    Chat::new(pool.clone(), config(&[]).chat_settings().unwrap())
}

/// Imports a dump, and returns the report of it.
pub async fn import(
    pool: &PgPool,
    contract: &str,
    source: &Path,
    more: &[&str],
) -> serde_json::Value {
    let folder = Scratch::new();
    let report = folder.0.join("report.json");
    let path = report.to_str().unwrap();
    let more = [more, &["--new-app", "--report", path]].concat();
    let options = options(contract, source.to_str().unwrap(), &more);
    let is_complete = server::import::run(&chat(pool), &options).await.unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(
        is_complete,
        report["summary"]["left"].as_array().unwrap().is_empty()
    );
    report
}

/// The rows that were left: kind, row and reason.
pub fn left(report: &serde_json::Value) -> Vec<String> {
    let rows = report["rows"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["what"] == "left");
    let mut rows: Vec<_> = rows
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap().to_owned();
            format!("{} {}: {}", text("kind"), text("row"), text("reason"))
        })
        .collect();
    rows.sort();
    rows
}

pub async fn users(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', a.external_id, u.name, u.email, u.role,
            case when a.ended_at is not null then 'ended' end,
            'seen ' || to_char(u.last_seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
        from users u join app_users a on a.user_id = u.id order by a.external_id collate \"C\"",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Conversations with the roles of their members.
pub async fn conversations(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', coalesce(a.external_id, 'no id'), c.kind, c.title,
            case when c.private then 'private' end, (
                select string_agg(u.name || '=' || m.role, ', ' order by u.name) from members m
                join users u on u.id = m.user_id
                where m.conversation_id = c.id and m.left_at is null
            ))
        from conversations c left join app_conversations a on a.conversation_id = c.id
        where c.kind <> 'announcements'
        order by a.external_id collate \"C\", c.id",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// The messages of all conversations, by position.
pub async fn messages(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' | ', a.external_id, m.position, u.name, m.kind, nullif(m.body, ''),
            'reply to ' || r.external_id,
            'edited ' || to_char(m.edited_at at time zone 'UTC', 'HH24:MI:SS'),
            'deleted ' || to_char(m.deleted_at at time zone 'UTC', 'HH24:MI:SS'),
            case when m.official then 'official' end,
            'files ' || (select string_agg(f.name || ' ' || f.url, ', ' order by f.position)
                from attachments f where f.message_id = m.id),
            'read by ' || (
                select string_agg(x.name, ', ' order by x.name) from members b
                join users x on x.id = b.user_id
                where b.conversation_id = m.conversation_id and b.read_position >= m.position
                    and b.user_id <> m.sender_id
            ),
            'reactions ' || (select string_agg(e.emoji || x.name, ', ') from reactions e
                join users x on x.id = e.user_id where e.message_id = m.id))
        from messages m join users u on u.id = m.sender_id
        left join app_messages a on a.message_id = m.id
        left join app_messages r on r.message_id = m.reply_to_id
        left join app_conversations c on c.conversation_id = m.conversation_id
        order by c.external_id collate \"C\", m.conversation_id, m.position",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// A folder that is removed at the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let name = format!("parlance-import-{:016x}", rand::random::<u64>());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
