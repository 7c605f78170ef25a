//! The messages that are forwarded, as they are now, and the rows that say where their copies come from.

use crate::{Caller, Error, Result, messages::parse_kind, uploads::with_url};
use model::{MessageKind, NewAttachment, NewMessage, Sender, Upload};
use serde::Deserialize;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;

/// What becomes of one of the messages.
pub struct Copied {
    pub new: NewMessage,
    pub from: Sender,
    pub said_at: OffsetDateTime,
    /// The message that the request names.
    named_id: i64,
    /// The one that was said first; `None` once its conversation was deleted.
    original_id: Option<i64>,
}

/// An attachment as the query returns it.
#[derive(Debug, Deserialize)]
struct File {
    name: String,
    url: String,
    upload: Option<Json<Upload>>,
}

/// The messages of these ids in the order in which they were said. Of a forward, the first origin stays.
///
/// # Errors
/// `NotFound` if the caller may not see one of them, `Conflict` if one was deleted, and `Invalid` if they are not of
/// one conversation, or one was not said by anybody.
pub async fn load_copies(
    db: &mut PgConnection,
    caller: &Caller,
    ids: &[i64],
) -> Result<Vec<Copied>> {
    // Their files stay while the copies are written, also where the originals are deleted meanwhile.
    sqlx::query!(
        "select from uploads
        where id = any(array(select upload_id from attachments where message_id = any($1))) for share",
        ids
    )
    .execute(&mut *db)
    .await?;
    let rows = sqlx::query!(
        r#"select m.id, m.conversation_id, m.kind, m.body, m.deleted_at,
            case when f.message_id is null then m.id else f.original_id end as original_id,
            coalesce(f.said_at, m.created_at) as "said_at!",
            sender_json(author) as "from!: Json<Sender>",
            exists (select from visible_conversations v
                where v.conversation_id = m.conversation_id and v.user_id = $2) as "is_visible!",
            (
                select json_agg(
                    json_build_object('name', a.name, 'url', a.url, 'upload', u.json) order by a.position)
                from attachments a left join upload_json u on u.id = a.upload_id
                where a.message_id = m.id
            ) as "files: Json<Vec<File>>"
        from messages m
        left join forwards f on f.message_id = m.id
        join users author on author.id = coalesce(f.said_by, m.sender_id)
        where m.id = any($1) order by m.position, m.id"#,
        ids,
        caller.user_id.0
    )
    .fetch_all(db)
    .await?;
    if rows.len() < ids.len() || rows.iter().any(|row| !row.is_visible) {
        return Err(Error::NotFound("message"));
    }
    if !rows
        .windows(2)
        .all(|it| it[0].conversation_id == it[1].conversation_id)
    {
        return Err(Error::invalid("messageIds", "must be of one conversation"));
    }
    let copies = rows.into_iter().map(|row| {
        if row.deleted_at.is_some() {
            return Err(Error::Conflict("The message was deleted."));
        }
        let kind = parse_kind(&row.kind);
        if kind == MessageKind::System {
            return Err(Error::invalid(
                "messageIds",
                "must be what somebody has said",
            ));
        }
        let files = row.files.map(|it| it.0).unwrap_or_default().into_iter();
        let attachments = files.map(|File { name, url, upload }| NewAttachment {
            name,
            url,
            upload: upload.map(|it| Box::new(with_url(it))),
        });
        Ok(Copied {
            new: NewMessage {
                body: row.body,
                kind,
                attachments: attachments.collect(),
                ..NewMessage::default()
            },
            from: row.from.0,
            said_at: row.said_at,
            named_id: row.id,
            original_id: row.original_id,
        })
    });
    copies.collect()
}

/// Notes where the new messages of these ids come from.
pub async fn note_forwards(db: &mut PgConnection, ids: &[i64], copies: &[Copied]) -> Result<()> {
    let named_ids: Vec<_> = copies.iter().map(|it| it.named_id).collect();
    let original_ids: Vec<_> = copies.iter().map(|it| it.original_id).collect();
    let said_by: Vec<_> = copies.iter().map(|it| it.from.id.0).collect();
    let said_at: Vec<_> = copies.iter().map(|it| it.said_at).collect();
    sqlx::query!(
        "insert into forwards (message_id, named_id, original_id, said_by, said_at)
        select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])",
        ids,
        &named_ids,
        &original_ids as &[Option<i64>],
        &said_by,
        &said_at
    )
    .execute(db)
    .await?;
    Ok(())
}
