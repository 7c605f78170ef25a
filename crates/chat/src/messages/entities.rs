//! The texts of messages that were read, as they are shown: HTML, preview and entities.

use super::mentions::Mentions;
use crate::{Result, text};
use model::{Message, MessageKind, Reply, UserId};
use sqlx::PgConnection;
use std::collections::HashMap;

/// People whose names a message brings for each emoji, at most: as many as a tooltip shows.
const MAX_NAMES: usize = 10;

/// Fills in how the texts are shown, and the names of those whom they and the reactions are about. The users whom the
/// messages mention are read with one query, if one of them can mention anybody.
pub async fn add_texts(db: &mut PgConnection, messages: &mut [Message]) -> Result<()> {
    let may_mention = messages.iter().filter(|it| it.body.contains(['@', '＠']));
    let ids: Vec<_> = may_mention.map(|it| it.id.0).collect();
    let mut mentions = Mentions::of_messages(db, &ids).await?;
    for message in messages.iter_mut() {
        let mentions = mentions.remove(&message.id.0).unwrap_or_default();
        render(message, &mentions);
    }
    add_names_of_reactions(db, messages).await
}

/// Fills in how the text of a message is shown, and the one that it quotes, and the names of those whom it mentions.
/// What the server says is plain text.
pub fn render(message: &mut Message, mentions: &Mentions) {
    let rendered = text::rendered(&message.body, &mentions.mentioned);
    message.entities = rendered.entities;
    message.names = mentions.names.iter().cloned().collect();
    if message.kind != MessageKind::System {
        message.html = rendered.html;
        message.preview = rendered.preview.or(message.preview.take());
    }
    if let Some(reply) = &mut message.reply_to {
        render_reply(reply);
    }
}

/// Fills in how a quoted message is shown in one line. One without a text has the line of its files.
pub fn render_reply(reply: &mut Reply) {
    let preview = text::rendered(&reply.body, &[]).preview;
    reply.preview = preview.or(reply.preview.take());
}

/// The names of the first `MAX_NAMES` of each reaction, with one query, if there is a reaction.
async fn add_names_of_reactions(db: &mut PgConnection, messages: &mut [Message]) -> Result<()> {
    let ids: Vec<_> = messages.iter().flat_map(named).map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!("select id, name from users where id = any($1)", &ids)
        .fetch_all(db)
        .await?;
    let names: HashMap<_, _> = rows
        .into_iter()
        .map(|row| (UserId(row.id), row.name))
        .collect();
    for message in messages {
        let known = named(message).filter_map(|id| Some((id, names.get(&id)?.clone())));
        let known: Vec<_> = known.collect();
        message.names.extend(known);
    }
    Ok(())
}

/// Those who reacted to the message and whose names it brings.
fn named(message: &Message) -> impl Iterator<Item = UserId> {
    let reactions = message.reactions.iter();
    reactions.flat_map(|it| it.user_ids.iter().take(MAX_NAMES).copied())
}

/// What lists and quotes show of messages that have files and no text, by id.
pub async fn files_lines(db: &mut PgConnection, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let rows = sqlx::query!(
        r#"select id as "id!", files_line(id) as line from unnest($1::bigint[]) id"#,
        ids
    )
    .fetch_all(db)
    .await?;
    let lines = rows.into_iter().filter_map(|row| Some((row.id, row.line?)));
    Ok(lines.collect())
}
