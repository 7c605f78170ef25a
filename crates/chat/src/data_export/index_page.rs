//! `index.html`: what a person opens first, and `manifest.json`, what a program does.

use super::{
    archive::Archive,
    layout::page,
    own_messages::OwnConversation,
    sections::{SECTIONS, file_name},
    state::EXPORTS_PER_DAY,
};
use crate::{Result, text::push_escaped};
use model::{UserId, timestamp};
use serde_json::json;
use sqlx::PgConnection;
use std::fmt::Write as _;
use time::OffsetDateTime;

/// The version of the form of the files. It goes up when a field is removed or means something else.
const VERSION: u32 = 1;

pub async fn write(
    db: &mut PgConnection,
    id: UserId,
    own: &[OwnConversation],
    archive: &mut Archive,
) -> Result<()> {
    let user = sqlx::query!("select username, name from users where id = $1", id.0)
        .fetch_one(&mut *db)
        .await?;
    let now = timestamp::to_text(OffsetDateTime::now_utc());
    let manifest = json!({
        "format": "parlance-personal-data", "version": VERSION, "exportedAt": now,
        "userId": id, "username": user.username,
    });
    archive
        .add("manifest.json", format!("{manifest:#}\n").as_bytes())
        .await?;
    let html = render(&user.name, &user.username, &now, own);
    archive.add("index.html", html.as_bytes()).await
}

fn render(name: &str, username: &str, now: &str, own: &[OwnConversation]) -> String {
    let (mut html, end) = page(&format!("Data of {name}"));
    html.push_str("<p>All that this Parlance server has of ");
    push_escaped(&mut html, &format!("@{username}, as of {now}."));
    let _ = write!(
        html,
        "</p>\n<p>What others have written is theirs, and not in here: neither their messages in your \
        conversations nor what you have forwarded of them. Passwords, tokens and codes are not in here either; the \
        server has no more of them than what they are checked by. The files in the folder data are JSON, for programs. \
        You may ask for {EXPORTS_PER_DAY} such files in a day.</p>\n<h2>What there is</h2>\n<ul>\n"
    );
    for (section, about) in SECTIONS {
        let file = file_name(section);
        let _ = writeln!(html, "<li><a href=\"{file}\">{about}</a></li>");
    }
    html.push_str("</ul>\n<h2>Your messages</h2>\n");
    if own.is_empty() {
        html.push_str("<p>There are none.</p>\n");
    } else {
        html.push_str("<ul>\n");
        for conversation in own {
            let _ = write!(
                html,
                "<li><a href=\"{}\" dir=\"auto\">",
                conversation.page_name()
            );
            push_escaped(&mut html, &conversation.title);
            let (kind, count) = (&conversation.kind, conversation.len());
            let _ = writeln!(html, "</a> ({kind}, {count})</li>");
        }
        html.push_str("</ul>\n");
    }
    html.push_str(end);
    html
}
