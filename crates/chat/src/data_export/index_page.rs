//! `index.html`: what a person opens first, and `manifest.json`, what a program does.

use super::{
    EXPORTS_PER_DAY,
    archive::Archive,
    own_messages::OwnConversation,
    sections::{SECTIONS, file_name},
};
use crate::{Result, text::push_escaped};
use model::{UserId, timestamp};
use serde_json::json;
use sqlx::PgConnection;
use std::fmt::Write as _;
use time::OffsetDateTime;

/// The version of the form of the files. It goes up when a field is removed or means something else.
const VERSION: u32 = 1;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1f;background:#fff}dt{color:#5c5c66;font-size:.85em;margin-top:.75rem}dd{margin:0;white-space:pre-wrap;\
overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#e8e8ee;background:#17171b}a{color:#9db8ff}\
dt{color:#a0a0ac}}";

/// The beginning and the end of a page.
pub fn page(title: &str) -> (String, &'static str) {
    let mut begin = String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
    push_escaped(&mut begin, title);
    let _ = write!(begin, "</title>\n<style>{STYLE}</style>\n<h1 dir=\"auto\">");
    push_escaped(&mut begin, title);
    begin.push_str("</h1>\n");
    (begin, "</html>\n")
}

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
            let _ = write!(html, "<li><a href=\"{}\" dir=\"auto\">", conversation.page_name());
            push_escaped(&mut html, &conversation.title);
            let (kind, count) = (&conversation.kind, conversation.len());
            let _ = writeln!(html, "</a> ({kind}, {count})</li>");
        }
        html.push_str("</ul>\n");
    }
    html.push_str(end);
    html
}
