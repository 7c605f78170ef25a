//! Sending: the next position, exactly once.

use super::{check_body, kind_text, mentions, noun};
use crate::{Caller, Chat, Delivery, Error, Result, conversations::lock};
use model::{
    ConversationId, Event, Message, MessageId, MessageKind, NewMessage, Receipt, Sent, UserId,
};
use sqlx::PgConnection;

impl Chat {
    /// Writes a message, at the next position. A retry with the same `clientId` returns the first
    /// result; the same `clientId` with other content is a conflict.
    pub async fn send_message(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
    ) -> Result<Sent> {
        check_body(&new.body)?;
        if new.kind == MessageKind::System {
            return Err(Error::invalid("kind", "must be text, image or file"));
        }
        self.0.limits.message(caller.user_id)?;
        self.in_lane(id, caller, async move |chat, caller| {
            chat.write(caller, id, new).await
        })
        .await
    }

    async fn write(&self, caller: Caller, id: ConversationId, new: NewMessage) -> Result<Sent> {
        let mut tx = self.0.db.begin().await?;
        let locked = lock(&mut tx, &caller, id).await?;
        if let Some(message) = earlier(&mut tx, &caller, id, &new).await? {
            return Ok(Sent {
                message,
                deduplicated: true,
            });
        }
        check_reply(&mut tx, id, &new).await?;
        let message_id = insert(&mut tx, &caller, id, &new).await?;
        let message = noun(&mut tx, message_id).await?;
        let mentioned = if message.body.contains('@') {
            mentions::rewrite(&mut tx, &message).await?
        } else {
            Vec::new()
        };
        let read_before = read_up_to(&mut tx, caller.user_id, &message).await?;
        tx.commit().await?;
        metrics::counter!("parlance_messages_sent_total").increment(1);

        debug_assert_eq!(message.position, locked.position + 1);
        let (seq, position) = (message.seq, message.position);
        let event = Event::MessageSent {
            conversation_id: id,
            seq,
            message: message.clone(),
        };
        self.0.events.publish(Delivery::to_conversation(id, event));
        self.stop_typing(id, caller.user_id);
        // Whoever answers has read what came before.
        if read_before < position - 1 {
            self.tell_receipt(Receipt {
                conversation_id: id,
                user_id: caller.user_id,
                read_position: position,
                delivered_position: position,
            });
            self.tell_unread(id, caller.user_id).await;
        }
        for user_id in mentioned {
            self.tell_unread(id, user_id).await;
        }
        Ok(Sent {
            message,
            deduplicated: false,
        })
    }
}

/// What an earlier send with the same `clientId` wrote.
async fn earlier(
    tx: &mut PgConnection,
    caller: &Caller,
    id: ConversationId,
    new: &NewMessage,
) -> Result<Option<Message>> {
    let Some(client_id) = new.client_id.as_deref() else {
        return Ok(None);
    };
    // The wording of the send: what it said before its first edit; unknown once deleted.
    let found = sqlx::query!(
        r#"select id, kind, reply_to_id, case when deleted_at is null then coalesce(
            (select e.body from edits e where e.message_id = messages.id order by e.id limit 1), body
        ) end as body
        from messages where conversation_id = $1 and sender_id = $2 and client_id = $3"#,
        id.0,
        caller.user_id.0,
        client_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let same = found.body.is_none_or(|body| body == new.body)
        && found.kind == kind_text(new.kind)
        && found.reply_to_id == new.reply_to_id.map(|id| id.0);
    if !same {
        return Err(Error::Conflict(
            "This clientId was used for another message.",
        ));
    }
    noun(tx, MessageId(found.id)).await.map(Some)
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

async fn insert(
    tx: &mut PgConnection,
    caller: &Caller,
    id: ConversationId,
    new: &NewMessage,
) -> Result<MessageId> {
    let message_id = sqlx::query_scalar!(
        "with c as (
            update conversations set position = position + 1, seq = seq + 1
            where id = $1 returning position, seq
        )
        insert into messages
            (conversation_id, position, created_seq, seq, sender_id, kind, body, reply_to_id, client_id)
        select $1, c.position, c.seq, c.seq, $2, $3, $4, $5, $6 from c
        returning id",
        id.0,
        caller.user_id.0,
        kind_text(new.kind),
        new.body,
        new.reply_to_id.map(|id| id.0),
        new.client_id
    )
    .fetch_one(tx)
    .await?;
    Ok(MessageId(message_id))
}

/// Own messages are read; answers with how far the sender had read before.
async fn read_up_to(tx: &mut PgConnection, user_id: UserId, message: &Message) -> Result<i64> {
    let before = sqlx::query_scalar!(
        r#"update members m set read_position = $3, delivered_position = $3
        from (select read_position from members where conversation_id = $1 and user_id = $2) old
        where conversation_id = $1 and user_id = $2
        returning old.read_position as "before!""#,
        message.conversation_id.0,
        user_id.0,
        message.position
    )
    .fetch_one(tx)
    .await?;
    Ok(before)
}
