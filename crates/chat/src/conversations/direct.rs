//! Direct conversations: one between two people, however often it is begun.

use crate::{Caller, Chat, Error, OffsetPage, OffsetPageRequest, Result, messages::Manner};
use model::{
    ConversationId, ConversationKind, ConversationSummary, MessageKind, NewConversation,
    NewMessage, User, UserId,
};
use sqlx::types::Json;

/// What the first message of a direct conversation says where it was begun without one.
const STARTED: &str = "Direct chat started";

/// What waits for a user in one of their direct conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectUnread {
    pub conversation_id: ConversationId,
    pub unread: i64,
    pub peer: User,
}

impl Chat {
    /// The caller's direct conversation with somebody else, found or created.
    pub async fn direct(&self, caller: &Caller, user_id: UserId) -> Result<ConversationSummary> {
        if user_id == caller.user_id {
            return Err(Error::invalid("userId", "must be somebody else"));
        }
        let new = NewConversation {
            kind: ConversationKind::Direct,
            member_ids: vec![user_id],
            title: None,
            description: None,
            private: true,
            client_id: None,
        };
        Ok(self.create_conversation(caller, new).await?.head)
    }

    /// The same, and says so in it, once, where nothing has been said yet.
    pub async fn start_direct(
        &self,
        caller: &Caller,
        user_id: UserId,
    ) -> Result<ConversationSummary> {
        let head = self.direct(caller, user_id).await?;
        if head.conversation.position > 0 {
            return Ok(head);
        }
        let id = head.conversation.id;
        let started = NewMessage {
            body: STARTED.to_owned(),
            kind: MessageKind::System,
            ..NewMessage::default()
        };
        let manner = Manner {
            opening: true,
            ..Manner::default()
        };
        match self.write_message(caller, id, started, manner).await {
            // Somebody was faster.
            Ok(_) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        self.conversation(caller, id).await
    }

    /// The caller's direct conversations, the one with the newest message first.
    pub async fn direct_conversations(
        &self,
        caller: &Caller,
        page: OffsetPageRequest,
    ) -> Result<OffsetPage<ConversationSummary>> {
        let (limit, offset) = page.window()?;
        let total = sqlx::query_scalar!(
            r#"select count(*) as "count!" from members m join conversations c on c.id = m.conversation_id
            where m.user_id = $1 and m.left_at is null and c.kind = 'direct'"#,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        let heads = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null and id = any(array(
                select c.id from members m join conversations c on c.id = m.conversation_id
                left join messages last on last.conversation_id = c.id and last.position = c.position
                where m.user_id = $1 and m.left_at is null and c.kind = 'direct'
                order by coalesce(last.created_at, c.created_at) desc, c.id desc
                limit $2 offset $3
            )) order by active_at desc, id desc"#,
            caller.user_id.0,
            limit,
            offset
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(OffsetPage {
            items: self.present_heads(heads),
            total,
        })
    }

    /// The direct conversations that have something unread, the newest first.
    pub async fn direct_unread(&self, caller: &Caller) -> Result<Vec<DirectUnread>> {
        let rows = sqlx::query!(
            r#"select c.id, c.position - m.read_position as "unread!",
                user_json(peer) as "peer!: Json<User>"
            from members m join conversations c on c.id = m.conversation_id
            join users peer on peer.id =
                case when c.low_user_id = m.user_id then c.high_user_id else c.low_user_id end
            join messages last on last.conversation_id = c.id and last.position = c.position
            where m.user_id = $1 and m.left_at is null and c.kind = 'direct'
                and c.position > m.read_position
            order by last.created_at desc, c.id desc"#,
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let unread = rows.into_iter().map(|row| DirectUnread {
            conversation_id: ConversationId(row.id),
            unread: row.unread,
            peer: self.with_presence(row.peer.0),
        });
        Ok(unread.collect())
    }

    /// How much a user has not read of all their direct conversations; without asking the
    /// database, `None`, when no device of theirs is connected.
    pub async fn direct_unread_of(&self, user_id: UserId) -> Result<Option<i64>> {
        if !self.0.presence.is_connected(user_id) {
            return Ok(None);
        }
        let unread = sqlx::query_scalar!(
            r#"select coalesce(sum(c.position - m.read_position), 0)::bigint as "unread!"
            from members m join conversations c on c.id = m.conversation_id
            where m.user_id = $1 and m.left_at is null and c.kind = 'direct'"#,
            user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(Some(unread))
    }
}
