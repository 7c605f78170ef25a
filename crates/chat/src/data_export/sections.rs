//! The parts of an export that are rows of tables, by the view `personal_data`: a file for each.

use super::archive::Archive;
use crate::Result;
use futures_util::TryStreamExt;
use model::UserId;
use sqlx::PgConnection;

/// Rows that one query reads.
const PER_PAGE: i64 = 500;

/// The sections of the view, and what a person is told of each. Its file has its name.
pub const SECTIONS: &[(&str, &str)] = &[
    ("profile", "Your profile"),
    ("email", "Your e-mail address, and mails that wait"),
    (
        "settings",
        "Your settings, and whether you have a password and a second factor",
    ),
    ("signIns", "Your accounts elsewhere with which you sign in"),
    (
        "apps",
        "Who you are in apps that bring their users, and what they said of you",
    ),
    ("sessions", "Where you are and were signed in"),
    ("networks", "Networks from which you have signed in"),
    ("tokens", "Your tokens for programs, without their secrets"),
    ("conversations", "Your conversations"),
    ("formerConversations", "Conversations that you have left"),
    ("readMarks", "When you have read how far"),
    ("favorites", "Your favorites"),
    ("saved", "Messages that you have saved"),
    ("drafts", "Your drafts"),
    ("scheduled", "Your scheduled messages"),
    ("reminders", "Your reminders"),
    ("mutes", "Conversations that you have muted"),
    ("threads", "Threads that you follow"),
    ("votes", "Your votes in polls"),
    ("reactions", "Your reactions"),
    ("pins", "Messages that you have pinned"),
    ("invitations", "Invitations that you have made"),
    ("invitationsUsed", "Invitations that you have used"),
    ("webhooks", "Webhooks that you have made"),
    ("bots", "Bots that you answer for"),
    ("exports", "Exports like this one"),
    (
        "rememberedDevices",
        "Browsers and programs that ask for no code",
    ),
    ("activity", "What you did that the audit log has"),
    (
        "picture",
        "Your picture, which is in the folder files as picture.webp",
    ),
    ("uploads", "Your files, which are in the folder files"),
];

pub fn file_name(section: &str) -> String {
    format!("data/{section}.json")
}

pub async fn write(db: &mut PgConnection, id: UserId, archive: &mut Archive) -> Result<()> {
    for (section, _) in SECTIONS {
        archive.begin(&file_name(section), false)?;
        let mut after = -1;
        let mut separator = "[\n";
        loop {
            let (mut is_last, from) = (true, after);
            let mut rows = sqlx::query!(
                r#"select key as "key!", json::text as "json!" from personal_data
                where section = $1 and user_id = $2 and key > $3 order by key limit $4"#,
                section,
                id.0,
                from,
                PER_PAGE
            )
            .fetch(&mut *db);
            // One by one: the times of reading in a conversation are one row.
            while let Some(row) = rows.try_next().await? {
                is_last = false;
                after = row.key;
                archive.write(separator.as_bytes()).await?;
                archive.write(row.json.as_bytes()).await?;
                separator = ",\n";
            }
            if is_last {
                break;
            }
        }
        let end: &[u8] = if after < 0 { b"[]\n" } else { b"\n]\n" };
        archive.write(end).await?;
    }
    Ok(())
}
