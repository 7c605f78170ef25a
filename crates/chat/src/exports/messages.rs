//! Exporting messages and reactions.

use super::{
    scope::{Range, columns},
    state::{Cursor, Export, ExportPage},
    taken_ids::AllIds,
};
use crate::{
    ExternalId, Result,
    imports::{Attachment, ConversationRef, Message, Reaction, ReadBy},
    messages::parse_kind,
};
use model::Poll;
use serde::Deserialize;
use sqlx::types::Json;
use std::collections::HashMap;
use time::OffsetDateTime;

/// Members of the largest conversation whose messages say who has read each. Every reader of every
/// message is a row: for larger ones `Export::read_states` says how far each member has read.
const MAX_MEMBERS_WITH_READERS: i64 = 100;

/// A message, and the two users of its conversation if that is a direct one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedMessage {
    pub message: Message,
    pub pair: Option<(ExternalId, ExternalId)>,
    /// Whether it is a poll, of which the body has the options and their numbers.
    pub is_poll: bool,
    /// The previews that it shows, none of which is exported.
    pub link_previews: u64,
}

/// An attachment as the query returns it.
#[derive(Debug, Deserialize)]
struct File {
    name: String,
    url: String,
}

/// A reader as the query returns them.
#[derive(Debug, Deserialize)]
struct Reader {
    user_id: i64,
    external_id: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    at: Option<OffsetDateTime>,
}

impl Export {
    /// Messages by conversation and position.
    pub async fn messages(&mut self, after: Option<Cursor>) -> Result<ExportPage<ExportedMessage>> {
        let (ranges, next) = self.ranges(after).await?;
        let (conversation_ids, froms, tos) = columns(&ranges);
        let rows = sqlx::query!(
            r#"select m.id, m.conversation_id, m.sender_id, m.kind, m.body, m.created_at, m.edited_at,
                m.deleted_at, m.official, m.reply_to_id,
                own.external_id as "external_id?", sender.external_id as "sender?",
                reply.external_id as "reply?",
                exists (select from app_messages x
                    where x.app_id = $1 and x.external_id = m.id::text) as "is_number_taken!",
                exists (select from app_messages x
                    where x.app_id = $1 and x.external_id = m.reply_to_id::text) as "is_reply_taken!",
                low.user_id as "low_id?", low.external_id as "low?",
                c.low_user_id, c.high_user_id, high.external_id as "high?",
                (
                    select json_agg(json_build_object('name', f.name, 'url', f.url) order by f.position)
                    from attachments f where f.message_id = m.id
                ) as "files: Json<Vec<File>>",
                case when c.member_count <= $5 then (
                    select json_agg(json_build_object('user_id', k.user_id,
                        'external_id', u.external_id, 'at', (
                            select r.read_at from read_marks r
                            where r.conversation_id = k.conversation_id and r.user_id = k.user_id
                                and r.position >= m.position
                            order by r.position limit 1
                        )) order by k.user_id)
                    from members k
                    left join app_users u on u.user_id = k.user_id and u.app_id = $1
                    where k.conversation_id = m.conversation_id and k.left_at is null
                        and k.read_position >= m.position and k.user_id <> m.sender_id
                ) end as "readers: Json<Vec<Reader>>",
                (select poll_json(p, shows_results(p, false)) from polls p where p.message_id = m.id) as "poll: Json<Poll>",
                (select count(*) from link_previews l where l.message_id = m.id and l.removed_at is null)
                    as "link_previews!"
            from unnest($2::bigint[], $3::bigint[], $4::bigint[]) with ordinality g(id, above, up_to, n)
            join conversations c on c.id = g.id
            join messages m on m.conversation_id = g.id and m.position > g.above
                and m.position <= g.up_to
            left join app_messages own on own.message_id = m.id and own.app_id = $1
            left join app_users sender on sender.user_id = m.sender_id and sender.app_id = $1
            left join app_messages reply on reply.message_id = m.reply_to_id and reply.app_id = $1
            left join app_users low on low.user_id = c.low_user_id and low.app_id = $1
            left join app_users high on high.user_id = c.high_user_id and high.app_id = $1
            order by g.n, m.position"#,
            self.app_id.0,
            &conversation_ids,
            &froms,
            &tos,
            MAX_MEMBERS_WITH_READERS
        )
        .fetch_all(&mut *self.db)
        .await?;
        let places = places(ranges);
        let ids = self.ids;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(conversation) = places.get(&row.conversation_id) else {
                continue;
            };
            let mut pair = None;
            if let Some((low, high)) = row.low_user_id.zip(row.high_user_id) {
                pair = Some((
                    ids.users.user(row.low, low)?,
                    ids.users.user(row.high, high)?,
                ));
            }
            let reply_to = row
                .reply_to_id
                .map(|id| ids.messages.item(row.reply, id, row.is_reply_taken))
                .transpose()?;
            let is_poll = row.poll.is_some();
            let message = Message {
                id: ids
                    .messages
                    .item(row.external_id, row.id, row.is_number_taken)?,
                conversation: ConversationRef::Id(conversation.clone()),
                sender: ids.users.user(row.sender, row.sender_id)?,
                receiver: None,
                kind: parse_kind(&row.kind),
                body: with_poll(row.body, row.poll),
                attachments: attachments(row.files),
                reply_to,
                created_at: row.created_at,
                edited_at: row.edited_at,
                deleted_at: row.deleted_at,
                read_by: read_by(ids, row.readers)?,
                official: row.official,
            };
            items.push(ExportedMessage {
                message,
                pair,
                is_poll,
                link_previews: u64::try_from(row.link_previews).unwrap_or_default(),
            });
        }
        Ok(ExportPage { items, next })
    }

    /// The reactions to about as many messages as a page has: a page may have none, and yet a next one.
    pub async fn reactions(&mut self, after: Option<Cursor>) -> Result<ExportPage<Reaction>> {
        let (ranges, next) = self.ranges(after).await?;
        let (conversation_ids, froms, tos) = columns(&ranges);
        let rows = sqlx::query!(
            r#"select m.id, r.user_id, r.emoji, r.created_at, own.external_id as "external_id?",
                sender.external_id as "user?",
                exists (select from app_messages x
                    where x.app_id = $1 and x.external_id = m.id::text) as "is_number_taken!"
            from unnest($2::bigint[], $3::bigint[], $4::bigint[]) with ordinality g(id, above, up_to, n)
            join messages m on m.conversation_id = g.id and m.position > g.above
                and m.position <= g.up_to
            join reactions r on r.message_id = m.id
            left join app_messages own on own.message_id = m.id and own.app_id = $1
            left join app_users sender on sender.user_id = r.user_id and sender.app_id = $1
            order by g.n, m.position, r.created_at, r.emoji, r.user_id"#,
            self.app_id.0,
            &conversation_ids,
            &froms,
            &tos
        )
        .fetch_all(&mut *self.db)
        .await?;
        let items = rows.into_iter().map(|row| {
            Ok(Reaction {
                message: self
                    .ids
                    .messages
                    .item(row.external_id, row.id, row.is_number_taken)?,
                user: self.ids.users.user(row.user, row.user_id)?,
                emoji: row.emoji,
                created_at: Some(row.created_at),
            })
        });
        Ok(ExportPage {
            items: items.collect::<Result<_>>()?,
            next,
        })
    }
}

/// A poll as text, which is all that the forms of other systems have for it: the question, and how many have chosen each
/// option, where that is shown. Nobody is named, also of polls that are not anonymous.
fn with_poll(body: String, poll: Option<Json<Poll>>) -> String {
    match poll {
        None => body,
        Some(Json(poll)) => body + &poll.lines_with_votes(),
    }
}

fn read_by(ids: AllIds, readers: Option<Json<Vec<Reader>>>) -> Result<Vec<ReadBy>> {
    let readers = readers.map(|it| it.0).unwrap_or_default().into_iter();
    let read_by = readers.map(|it| {
        Ok(ReadBy {
            user: ids.users.user(it.external_id, it.user_id)?,
            at: it.at,
        })
    });
    read_by.collect()
}

fn attachments(files: Option<Json<Vec<File>>>) -> Vec<Attachment> {
    let files = files.map(|it| it.0).unwrap_or_default().into_iter();
    let attachment = |it: File| Attachment {
        name: Some(it.name),
        url: it.url,
    };
    files.map(attachment).collect()
}

fn places(ranges: Vec<Range>) -> HashMap<i64, ExternalId> {
    let places = ranges.into_iter().map(|it| it.place);
    places.map(|it| (it.id, it.external_id)).collect()
}
