//! A row of the view `message_rows`, and its conversion to a `Message`.

use super::{entities::add_texts, kind::parse_kind};
use crate::{Error, Result, text};
use model::{
    Attachment, ConversationId, Forwarded, LinkPreview, Message, MessageId, Names, Pin, Poll,
    Reaction, Reply, Sender, Thread, UserId,
};
use sqlx::{PgConnection, types::Json};
use std::collections::HashMap;
use time::OffsetDateTime;

pub(crate) struct MessageRow {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub position: i64,
    pub created_seq: i64,
    pub seq: i64,
    pub kind: String,
    pub body: String,
    pub official: bool,
    pub client_id: Option<String>,
    pub created_at: OffsetDateTime,
    pub edited_at: Option<OffsetDateTime>,
    pub deleted_at: Option<OffsetDateTime>,
    pub sender_id: UserId,
    pub username: String,
    pub name: String,
    pub avatar_url: Option<String>,
    pub reply_id: Option<i64>,
    pub reply_position: Option<i64>,
    pub reply_body: Option<String>,
    pub reply_deleted_at: Option<OffsetDateTime>,
    pub reply_sender_id: Option<i64>,
    pub reply_username: Option<String>,
    pub reply_name: Option<String>,
    pub reply_avatar_url: Option<String>,
    pub attachments: Option<Json<Vec<Attachment>>>,
    pub reactions: Option<Json<Vec<Reaction>>>,
    pub pinned: Option<Json<Pin>>,
    pub thread_id: Option<i64>,
    pub thread_position: Option<i64>,
    pub also_to_conversation: bool,
    pub thread: Option<Json<Thread>>,
    pub files_line: Option<String>,
    pub reply_files_line: Option<String>,
    pub forwarded: Option<Json<Forwarded>>,
    pub link_previews: Option<Json<Vec<LinkPreview>>>,
    pub poll: Option<Json<Poll>>,
    pub is_bot: bool,
    pub reply_is_bot: Option<bool>,
}

/// `query_as!` for rows of messages. Takes the SQL that follows `from message_rows`, and its
/// arguments.
macro_rules! message_rows {
    ($which:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::messages::MessageRow,
            r#"select id as "id!", conversation_id as "conversation_id!", position as "position!",
                created_seq as "created_seq!", seq as "seq!", kind as "kind!", body as "body!",
                official as "official!", client_id, created_at as "created_at!", edited_at,
                deleted_at, sender_id as "sender_id!", username as "username!", name as "name!",
                avatar_url, reply_id, reply_position, reply_body, reply_deleted_at,
                reply_sender_id, reply_username, reply_name, reply_avatar_url,
                attachments as "attachments: sqlx::types::Json<Vec<model::Attachment>>",
                reactions as "reactions: sqlx::types::Json<Vec<model::Reaction>>",
                pinned as "pinned: sqlx::types::Json<model::Pin>",
                thread_id as "thread_id?", thread_position as "thread_position?",
                also_to_conversation as "also_to_conversation!",
                thread as "thread: sqlx::types::Json<model::Thread>", files_line, reply_files_line,
                -- A tombstone does not show it.
                (select f.json from forwarded_json f
                    where f.message_id = message_rows.id and message_rows.deleted_at is null)
                    as "forwarded: sqlx::types::Json<model::Forwarded>",
                -- A tombstone has neither (triggers of 0095 and 0096): they are not looked for.
                (select l.json from link_previews_json l
                    where l.message_id = message_rows.id and message_rows.deleted_at is null)
                    as "link_previews: sqlx::types::Json<Vec<model::LinkPreview>>",
                (select poll_json(p, shows_results(p, false)) from polls p
                    where p.message_id = message_rows.id and message_rows.deleted_at is null)
                    as "poll: sqlx::types::Json<model::Poll>",
                is_bot as "is_bot!", reply_is_bot
            from message_rows "# + $which
            $(, $argument)*
        )
    };
}
pub(crate) use message_rows;

pub(crate) async fn load_message(db: &mut PgConnection, id: MessageId) -> Result<Message> {
    let row = message_rows!("where id = $1", id.0).fetch_optional(&mut *db);
    let row = row.await?.ok_or(Error::NotFound("message"))?;
    let mut message = [Message::from(row)];
    add_texts(db, &mut message).await?;
    add_threads(db, &mut message).await?;
    let [message] = message;
    Ok(message)
}

/// Fills in the threads of replies, which their rows leave out: for messages that tell of a change.
pub(crate) async fn add_threads(db: &mut PgConnection, messages: &mut [Message]) -> Result<()> {
    let ids: Vec<_> = messages
        .iter()
        .filter_map(|it| it.thread_id.map(|id| id.0))
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let threads = sqlx::query_scalar!(
        r#"select thread_json(t) as "json!: Json<Thread>" from threads t where t.id = any($1)"#,
        &ids
    )
    .fetch_all(db)
    .await?;
    let threads: HashMap<_, _> = threads.into_iter().map(|Json(it)| (it.id, it)).collect();
    for message in messages {
        if let Some(id) = message.thread_id {
            message.thread = threads.get(&id).cloned();
        }
    }
    Ok(())
}

/// The messages of these ids, in the order of the ids. An id that no message has is left out.
pub(crate) async fn messages_by_id(db: &mut PgConnection, ids: &[i64]) -> Result<Vec<Message>> {
    let rows = message_rows!("where id = any($1) order by array_position($1, id)", ids);
    let rows = rows.fetch_all(&mut *db).await?;
    messages(db, rows).await
}

/// The messages of these rows, with their texts as they are shown.
pub(crate) async fn messages(db: &mut PgConnection, rows: Vec<MessageRow>) -> Result<Vec<Message>> {
    let mut messages: Vec<_> = rows.into_iter().map(Message::from).collect();
    add_texts(db, &mut messages).await?;
    Ok(messages)
}

/// Without its text as it is shown, which needs the users that the message mentions.
impl From<MessageRow> for Message {
    fn from(mut row: MessageRow) -> Self {
        let reply_to = row.take_reply();
        let link_previews = row.link_previews.map(|list| list.0).unwrap_or_default();
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            position: row.position,
            seq: row.seq,
            sender: Sender {
                id: row.sender_id,
                username: row.username,
                name: row.name,
                avatar_url: row.avatar_url,
                bot: row.is_bot,
            },
            kind: parse_kind(&row.kind),
            body: row.body,
            html: None,
            preview: row.files_line,
            entities: Vec::new(),
            names: Names::default(),
            reply_to,
            attachments: row.attachments.map(|list| list.0).unwrap_or_default(),
            link_previews_html: text::link_cards(&link_previews),
            link_previews,
            reactions: row.reactions.map(|list| list.0).unwrap_or_default(),
            official: row.official,
            pinned: row.pinned.map(|pin| pin.0),
            thread_id: row.thread_id.map(MessageId),
            thread_position: row.thread_position,
            also_to_conversation: row.also_to_conversation,
            thread: row.thread.map(|thread| thread.0),
            forwarded: row.forwarded.map(|it| it.0),
            poll: row.poll.map(|it| it.0),
            client_id: row.client_id,
            created_at: row.created_at,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
        }
    }
}

impl MessageRow {
    fn take_reply(&mut self) -> Option<Reply> {
        Some(Reply {
            id: MessageId(self.reply_id?),
            position: self.reply_position?,
            sender: Sender {
                id: UserId(self.reply_sender_id?),
                username: self.reply_username.take()?,
                name: self.reply_name.take()?,
                avatar_url: self.reply_avatar_url.take(),
                bot: self.reply_is_bot.unwrap_or_default(),
            },
            body: self.reply_body.take()?,
            preview: self.reply_files_line.take(),
            deleted_at: self.reply_deleted_at,
        })
    }
}
