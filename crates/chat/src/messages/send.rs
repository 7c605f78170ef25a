//! Sending: the next position, exactly once.

use super::{attachments, check_body, kind_text, mentions, noun};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    conversations::{Locked, lock},
    receipts::Move,
};
use model::{
    ConversationId, Event, Message, MessageId, MessageKind, NewAttachment, NewMessage, Sent,
    UserId, UserRole,
};
use sqlx::{PgConnection, Postgres, Transaction};

/// A message that is being written, under the lock of its conversation.
pub(crate) struct Writing {
    pub conversation: Locked,
    tx: Transaction<'static, Postgres>,
    caller: Caller,
    id: ConversationId,
    official: bool,
}

impl Chat {
    /// Writes a message, at the next position. A retry with the same `clientId` returns the first
    /// result; the same `clientId` with other content is a conflict.
    pub async fn send_message(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
    ) -> Result<Sent> {
        check(&new)?;
        self.send(caller, id, new, false).await
    }

    /// A direct message with the authority of an administrator, and marked as one.
    pub async fn send_official(
        &self,
        caller: &Caller,
        user_id: UserId,
        new: NewMessage,
    ) -> Result<Sent> {
        if caller.role != UserRole::Admin {
            return Err(Error::Forbidden("This is for administrators."));
        }
        check(&new)?;
        let direct = self.direct(caller, user_id).await?;
        self.send(caller, direct.conversation.id, new, true).await
    }

    async fn send(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
        official: bool,
    ) -> Result<Sent> {
        self.0.limits.message(caller.user_id)?;
        self.in_lane(id, caller, async move |chat, caller| {
            let mut writing = chat.begin_message(caller, id).await?;
            writing.official = official;
            if let Some(message) = writing.earlier(&new).await? {
                return Ok(Sent {
                    message,
                    deduplicated: true,
                });
            }
            check_reply(&mut writing.tx, id, &new).await?;
            let message = writing.finish(&chat, new).await?;
            Ok(Sent {
                message,
                deduplicated: false,
            })
        })
        .await
    }

    pub(crate) async fn begin_message(
        &self,
        caller: Caller,
        id: ConversationId,
    ) -> Result<Writing> {
        let mut tx = self.0.db.begin().await?;
        Ok(Writing {
            conversation: lock(&mut tx, &caller, id).await?,
            tx,
            caller,
            id,
            official: false,
        })
    }
}

impl Writing {
    /// Commits, and tells the conversation.
    pub async fn finish(mut self, chat: &Chat, new: NewMessage) -> Result<Message> {
        let (id, user_id) = (self.id, self.caller.user_id);
        let message_id = self.insert(&new).await?;
        if !new.attachments.is_empty() {
            attachments::insert(&mut self.tx, message_id, &new.attachments).await?;
        }
        let message = noun(&mut self.tx, message_id).await?;
        let mentioned = if message.body.contains('@') {
            mentions::rewrite(&mut self.tx, &message).await?
        } else {
            Vec::new()
        };
        let answered = self.read_up_to(message.position).await?;
        self.tx.commit().await?;
        metrics::counter!("parlance_messages_sent_total").increment(1);

        debug_assert_eq!(message.position, self.conversation.position + 1);
        let position = message.position;
        let event = Event::sent(message.clone());
        chat.0.events.publish(Delivery::to_conversation(id, event));
        chat.stop_typing(id, user_id);
        // Whoever answers has read what came before.
        if answered.read.0 < position - 1 {
            chat.tell_moves(id, &[answered]).await;
            chat.tell_unread(id, user_id).await;
        }
        for user_id in mentioned {
            chat.tell_unread(id, user_id).await;
        }
        Ok(message)
    }

    /// Own messages are read, and so is what came before them.
    async fn read_up_to(&mut self, position: i64) -> Result<Move> {
        let row = sqlx::query!(
            r#"with old as (
                select read_position, delivered_position from members
                where conversation_id = $1 and user_id = $2 for update
            ), marked as (
                insert into read_marks (conversation_id, user_id, position)
                select $1, $2, $3::bigint - 1 from old where read_position < $3 - 1
            )
            update members set read_position = $3, delivered_position = $3 from old
            where conversation_id = $1 and user_id = $2
            returning old.read_position as "read!", old.delivered_position as "delivered!",
                now() as "at!""#,
            self.id.0,
            self.caller.user_id.0,
            position
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(Move {
            user_id: self.caller.user_id,
            read: (row.read, position),
            delivered: (row.delivered, position),
            newest: position,
            at: row.at,
        })
    }

    /// What an earlier send with the same `clientId` wrote.
    async fn earlier(&mut self, new: &NewMessage) -> Result<Option<Message>> {
        let Some(client_id) = new.client_id.as_deref() else {
            return Ok(None);
        };
        // The wording of the send: what it said before its first edit; unknown once deleted.
        let found = sqlx::query!(
            r#"select id, kind, reply_to_id, official, case when deleted_at is null then coalesce(
                (select e.body from edits e where e.message_id = m.id order by e.id limit 1), body
            ) end as body,
            array(select name from attachments where message_id = m.id order by position) as "names!",
            array(select url from attachments where message_id = m.id order by position) as "urls!"
            from messages m where conversation_id = $1 and sender_id = $2 and client_id = $3"#,
            self.id.0,
            self.caller.user_id.0,
            client_id
        )
        .fetch_optional(&mut *self.tx)
        .await?;
        let Some(found) = found else { return Ok(None) };
        let files = found.names.into_iter().zip(found.urls);
        let same = found.body.is_none_or(|body| {
            body == new.body && files.map(attachment).eq(new.attachments.iter().cloned())
        }) && found.kind == kind_text(new.kind)
            && found.reply_to_id == new.reply_to_id.map(|id| id.0)
            && found.official == self.official;
        if !same {
            return Err(Error::Conflict(
                "This clientId was used for another message.",
            ));
        }
        noun(&mut self.tx, MessageId(found.id)).await.map(Some)
    }

    async fn insert(&mut self, new: &NewMessage) -> Result<MessageId> {
        let id = sqlx::query_scalar!(
            "with c as (
                update conversations set position = position + 1, seq = seq + 1
                where id = $1 returning position, seq
            )
            insert into messages (conversation_id, position, created_seq, seq, sender_id, kind,
                body, reply_to_id, client_id, official)
            select $1, c.position, c.seq, c.seq, $2, $3, $4, $5, $6, $7 from c
            returning id",
            self.id.0,
            self.caller.user_id.0,
            kind_text(new.kind),
            new.body,
            new.reply_to_id.map(|id| id.0),
            new.client_id,
            self.official
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(MessageId(id))
    }
}

fn check(new: &NewMessage) -> Result<()> {
    check_body(&new.body)?;
    attachments::check(&new.attachments)?;
    if new.kind == MessageKind::System {
        let reason = "must be text, image, file, audio or video";
        return Err(Error::invalid("kind", reason));
    }
    Ok(())
}

fn attachment((name, url): (String, String)) -> NewAttachment {
    NewAttachment { name, url }
}

async fn check_reply(tx: &mut PgConnection, id: ConversationId, new: &NewMessage) -> Result<()> {
    let Some(reply_to_id) = new.reply_to_id else {
        return Ok(());
    };
    let found = sqlx::query_scalar!(
        r#"select exists (select from messages
            where id = $1 and conversation_id = $2 and deleted_at is null) as "found!""#,
        reply_to_id.0,
        id.0
    )
    .fetch_one(tx)
    .await?;
    if found {
        Ok(())
    } else {
        Err(Error::invalid(
            "replyToId",
            "names no message of this conversation",
        ))
    }
}
