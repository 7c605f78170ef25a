//! Writing imported messages: one statement for each table.

use super::{
    batch::Batch,
    ids::{Table, note_moved},
    message_plan::{Change, NewRow, Places, Replies},
};
use crate::{Result, messages::kind_text};
use time::OffsetDateTime;

impl Batch<'_> {
    /// Inserts the messages, with these ids in the same order.
    pub async fn insert_messages(
        &mut self,
        new: &[NewRow<'_>],
        ids: &[i64],
        replies: &Replies,
    ) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let numbers = |of: fn(&NewRow<'_>) -> i64| new.iter().map(of).collect::<Vec<_>>();
        let times =
            |of: fn(&NewRow<'_>) -> Option<OffsetDateTime>| new.iter().map(of).collect::<Vec<_>>();
        let kinds: Vec<_> = new
            .iter()
            .map(|it| kind_text(it.message.row.kind).to_owned())
            .collect();
        let bodies: Vec<_> = new
            .iter()
            .map(|it| it.message.stored_body().to_owned())
            .collect();
        let reply_ids: Vec<_> = new
            .iter()
            .map(|it| replies.find(&it.message, it.conversation_id))
            .collect();
        let external: Vec<_> = new.iter().map(|it| it.message.row.id.to_string()).collect();
        sqlx::query!(
            "insert into messages (id, conversation_id, position, created_seq, seq, sender_id, kind, body,
                reply_to_id, created_at, edited_at, deleted_at, official)
            overriding system value
            select a.id, a.conversation_id, a.position, a.seq, a.seq, a.sender_id, a.kind, a.body,
                a.reply_to_id, a.created_at, a.edited_at, a.deleted_at, a.official
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
                $7::text[], $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
                $12::bool[])
                a(id, conversation_id, position, seq, sender_id, kind, body, reply_to_id, created_at,
                    edited_at, deleted_at, official)",
            ids,
            &numbers(|it| it.conversation_id),
            &numbers(|it| it.position),
            &numbers(|it| it.seq),
            &numbers(|it| it.sender_id),
            &kinds,
            &bodies,
            &reply_ids as &[Option<i64>],
            &new.iter().map(|it| it.message.row.created_at).collect::<Vec<_>>(),
            &times(|it| it.message.row.edited_at) as &[Option<OffsetDateTime>],
            &times(|it| it.message.row.deleted_at) as &[Option<OffsetDateTime>],
            &new.iter().map(|it| it.message.row.official).collect::<Vec<_>>(),
        )
        .execute(&mut *self.db)
        .await?;
        sqlx::query!(
            "insert into app_messages (app_id, external_id, message_id)
            select $1, l.external_id, l.id from unnest($2::text[], $3::bigint[]) l(external_id, id)",
            self.app_id.0,
            &external,
            ids
        )
        .execute(&mut *self.db)
        .await?;
        let links = new
            .iter()
            .map(|it| &it.message.row.id)
            .zip(ids.iter().copied());
        note_moved(self.db, self.app_id, Table::Messages, links).await?;
        self.insert_attachments_of(new, ids).await
    }

    async fn insert_attachments_of(&mut self, new: &[NewRow<'_>], ids: &[i64]) -> Result<()> {
        let (mut message_ids, mut positions, mut names, mut urls) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (row, id) in new.iter().zip(ids) {
            for (position, file) in (1_i16..).zip(&row.message.attachments) {
                message_ids.push(*id);
                positions.push(position);
                names.push(file.name.clone());
                urls.push(file.url.clone());
            }
        }
        if message_ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into attachments (message_id, position, name, url)
            select * from unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])",
            &message_ids,
            &positions,
            &names,
            &urls
        )
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    /// Writes the counters of the locked conversations.
    pub async fn write_counters(&mut self, places: &Places) -> Result<()> {
        let (mut ids, mut positions, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
        for (id, counters) in places.counters() {
            ids.push(id);
            positions.push(counters.position);
            seqs.push(counters.seq);
        }
        sqlx::query!(
            "update conversations c set position = g.position, seq = g.seq
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) g(id, position, seq)
            where c.id = g.id and c.seq < g.seq",
            &ids,
            &positions,
            &seqs
        )
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    /// Applies the changes as `edit_message` and `delete_message` would have.
    pub async fn change_messages(&mut self, changes: &[Change]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = changes.iter().map(|it| it.id).collect();
        let bodies: Vec<_> = changes.iter().map(|it| it.body.clone()).collect();
        let edited: Vec<_> = changes.iter().map(|it| it.edited_at).collect();
        let deleted: Vec<_> = changes.iter().map(|it| it.deleted_at).collect();
        let replies: Vec<_> = changes.iter().map(|it| it.reply_to_id).collect();
        sqlx::query!(
            "with given as materialized (
                select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[],
                    $5::bigint[]) g(id, body, edited_at, deleted_at, reply_to_id)
            ), earlier as (
                insert into edits (message_id, body, edited_at)
                select m.id, m.body, coalesce(g.edited_at, now())
                from given g join messages m on m.id = g.id where g.body is not null
            ), edited as (
                delete from edits where message_id in (select id from given where deleted_at is not null)
            ), reacted as (
                delete from reactions
                where message_id in (select id from given where deleted_at is not null)
            ), mentioned as (
                delete from mentions
                where message_id in (select id from given where deleted_at is not null)
            ), mentioned_many as (
                delete from wildcard_mentions
                where message_id in (select id from given where deleted_at is not null)
            ), attached as (
                delete from attachments
                where message_id in (select id from given where deleted_at is not null)
            )
            update messages m set
                body = case when g.deleted_at is not null then '' else coalesce(g.body, m.body) end,
                edited_at = coalesce(g.edited_at, m.edited_at),
                deleted_at = g.deleted_at,
                reply_to_id = coalesce(g.reply_to_id, m.reply_to_id)
            from given g where m.id = g.id",
            &ids,
            &bodies as &[Option<String>],
            &edited as &[Option<OffsetDateTime>],
            &deleted as &[Option<OffsetDateTime>],
            &replies as &[Option<i64>]
        )
        .execute(&mut *self.db)
        .await?;
        self.bump(&ids).await
    }
}
