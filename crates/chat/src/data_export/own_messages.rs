//! The user's own messages, by conversation: a file for programs and a page for people. Where somebody has forwarded what
//! another one said, the words are not in it.

use super::{archive::Archive, layout::page};
use crate::{Result, text::push_escaped};
use futures_util::TryStreamExt;
use model::UserId;
use sqlx::PgConnection;

/// Messages whose ids are read at once.
const IDS_PER_PAGE: i64 = 10_000;

/// Messages that one query reads. They are handed on one by one: with its earlier bodies one may have megabytes.
const PER_QUERY: usize = 500;

/// A conversation in which the user has written.
pub struct OwnConversation {
    pub id: i64,
    pub kind: String,
    /// Of a direct one, the name of the other person.
    pub title: String,
    message_ids: Vec<i64>,
}

impl OwnConversation {
    pub fn page_name(&self) -> String {
        format!("messages/{}.html", self.id)
    }

    pub fn len(&self) -> usize {
        self.message_ids.len()
    }
}

/// Finds the messages of the user: 8 bytes of memory for each.
pub async fn find(db: &mut PgConnection, id: UserId) -> Result<Vec<OwnConversation>> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    let mut after = 0;
    loop {
        let page = sqlx::query!(
            r#"select message_id as "id!", conversation_id as "conversation_id!"
            from messages_of_sender($1, $2, $3)"#,
            id.0,
            after,
            IDS_PER_PAGE
        )
        .fetch_all(&mut *db)
        .await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        found.extend(page.iter().map(|it| (it.conversation_id, it.id)));
    }
    found.sort_unstable();
    let mut own: Vec<OwnConversation> = Vec::new();
    for group in found.chunk_by(|one, other| one.0 == other.0) {
        let conversation = sqlx::query!(
            // What others have called it since the user left is for its members.
            r#"select c.kind, coalesce(case when not c.private or exists (
                select from memberships m where m.conversation_id = c.id and m.user_id = $2 and m.left_at is null
            ) then c.title end, (
                select o.name from users o
                where o.id = case when c.low_user_id = $2 then c.high_user_id else c.low_user_id end
            ), '') as "title!"
            from conversations c where c.id = $1"#,
            group[0].0,
            id.0
        )
        .fetch_optional(&mut *db)
        .await?;
        let Some(conversation) = conversation else {
            continue;
        };
        own.push(OwnConversation {
            id: group[0].0,
            kind: conversation.kind,
            title: conversation.title,
            message_ids: group.iter().map(|it| it.1).collect(),
        });
    }
    Ok(own)
}

pub async fn write(
    db: &mut PgConnection,
    id: UserId,
    own: &[OwnConversation],
    archive: &mut Archive,
) -> Result<()> {
    for conversation in own {
        write_json(db, id, conversation, archive).await?;
        write_page(db, id, conversation, archive).await?;
    }
    Ok(())
}

async fn write_json(
    db: &mut PgConnection,
    id: UserId,
    conversation: &OwnConversation,
    archive: &mut Archive,
) -> Result<()> {
    let name = format!("messages/{}.json", conversation.id);
    archive.begin(&name, false)?;
    let about = serde_json::json!({
        "id": conversation.id.to_string(), "kind": conversation.kind, "title": conversation.title,
    });
    archive
        .write(format!("{{\"conversation\": {about}, \"messages\": [").as_bytes())
        .await?;
    let mut separator = "\n";
    for ids in conversation.message_ids.chunks(PER_QUERY) {
        let mut messages = sqlx::query_scalar!(
            r#"select json_build_object(
                'id', m.id::text, 'position', m.position, 'kind', m.kind,
                'body', case when f.said_by <> m.sender_id then null else m.body end,
                'createdAt', m.created_at, 'editedAt', m.edited_at, 'replyToId', m.reply_to_id::text,
                'threadId', t.thread_id::text, 'isForward', f.message_id is not null, 'official', m.official,
                'earlierBodies', (select json_agg(json_build_object('body', e.body, 'editedAt', e.edited_at) order by e.id)
                    from edits e where e.message_id = m.id),
                'attachments', case when f.said_by <> m.sender_id then null else (select json_agg(json_build_object(
                    'name', a.name, 'url', case when a.upload_id is null then a.url end, 'uploadId', a.upload_id::text)
                    order by a.position) from attachments a where a.message_id = m.id) end,
                'poll', case when f.said_by <> m.sender_id then null else (select json_build_object('options', p.options, 'maxChoices', p.max_choices,
                    'anonymous', p.anonymous, 'closesAt', p.closes_at, 'closedAt', p.closed_at)
                    from polls p where p.message_id = m.id) end
            )::text as "json!"
            from messages m
            left join thread_messages t on t.message_id = m.id
            left join forwards f on f.message_id = m.id
            where m.id = any($1) and m.sender_id = $2 and m.deleted_at is null
            order by m.id"#,
            ids,
            id.0
        )
        .fetch(&mut *db);
        while let Some(json) = messages.try_next().await? {
            archive.write(separator.as_bytes()).await?;
            archive.write(json.as_bytes()).await?;
            separator = ",\n";
        }
    }
    archive.write(b"\n]}\n").await
}

async fn write_page(
    db: &mut PgConnection,
    id: UserId,
    conversation: &OwnConversation,
    archive: &mut Archive,
) -> Result<()> {
    archive.begin(&conversation.page_name(), false)?;
    let (begin, end) = page(&conversation.title);
    archive.write(begin.as_bytes()).await?;
    archive
        .write(b"<p><a href=\"../index.html\">All of your data</a></p>\n<p>Your own messages, and nobody else's.</p>\n<dl>\n")
        .await?;
    for ids in conversation.message_ids.chunks(PER_QUERY) {
        let mut messages = sqlx::query!(
            r#"select m.created_at, case when f.said_by <> m.sender_id then '' else m.body end as "body!"
            from messages m left join forwards f on f.message_id = m.id
            where m.id = any($1) and m.sender_id = $2 and m.deleted_at is null
            order by m.id"#,
            ids,
            id.0
        )
        .fetch(&mut *db);
        while let Some(message) = messages.try_next().await? {
            let mut html = String::from("<dt>");
            push_escaped(&mut html, &model::timestamp::to_text(message.created_at));
            html.push_str("</dt><dd dir=\"auto\">");
            push_escaped(&mut html, &message.body);
            html.push_str("</dd>\n");
            archive.write(html.as_bytes()).await?;
        }
    }
    archive.write(b"</dl>\n").await?;
    archive.write(end.as_bytes()).await
}
