//! Direct conversations: at most one for two users.

use crate::{
    Caller, Chat, Error, OffsetPage, OffsetPageRequest, Result, messages::SendOptions, page,
};
use model::{
    ConversationId, ConversationKind, ConversationSummary, MessageKind, NewConversation,
    NewMessage, User, UserId,
};
use sqlx::types::Json;

/// The body of the system message that `start_direct` writes.
const STARTED: &str = "Direct chat started";

/// The unread count of one direct conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectUnread {
    pub conversation_id: ConversationId,
    pub unread: i64,
    pub peer: User,
}

impl Chat {
    /// Finds or creates the caller's direct conversation with another user.
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
        Ok(self.create_conversation(caller, new).await?.summary)
    }

    /// The same, and writes a system message if the conversation has no message yet.
    pub async fn start_direct(
        &self,
        caller: &Caller,
        user_id: UserId,
    ) -> Result<ConversationSummary> {
        let direct = self.direct(caller, user_id).await?;
        if direct.conversation.position > 0 {
            return Ok(direct);
        }
        let id = direct.conversation.id;
        let started = NewMessage {
            body: STARTED.to_owned(),
            kind: MessageKind::System,
            ..NewMessage::default()
        };
        let options = SendOptions {
            opening: true,
            ..SendOptions::default()
        };
        match self.write_message(caller, id, started, options).await {
            // `Conflict`: another message has been written meanwhile.
            Ok(_) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        self.conversation(caller, id).await
    }

    /// A numbered page of the caller's direct conversations, the one with the newest message first.
    pub async fn direct_conversations(
        &self,
        caller: &Caller,
        page: OffsetPageRequest,
    ) -> Result<OffsetPage<ConversationSummary>> {
        self.page_of_conversations(caller, &[ConversationKind::Direct], page)
            .await
    }

    /// The caller's direct conversations that have unread messages, the one with the newest message
    /// first; at most `page::MAX_UNPAGED`.
    pub async fn direct_unread(&self, caller: &Caller) -> Result<Vec<DirectUnread>> {
        let rows = sqlx::query!(
            r#"select c.id, u.unread + u.unread_in_threads as "unread!", user_json(peer) as "peer!: Json<User>"
            from unread_memberships u join conversations c on c.id = u.conversation_id
            join users peer on peer.id =
                case when c.low_user_id = u.user_id then c.high_user_id else c.low_user_id end
            join messages last on last.conversation_id = c.id and last.position = c.position
            where u.user_id = $1 and u.kind = 'direct' and u.unread + u.unread_in_threads > 0
            order by last.created_at desc, c.id desc limit $2"#,
            caller.user_id.0,
            page::MAX_UNPAGED
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

    /// The number of unread messages in all direct conversations of a user. `None`, without a query,
    /// when the user is not connected to this node.
    pub async fn direct_unread_of(&self, user_id: UserId) -> Result<Option<i64>> {
        if !self.0.presence.is_connected(user_id) {
            return Ok(None);
        }
        let unread = sqlx::query_scalar!(
            r#"select coalesce(sum(unread + unread_in_threads), 0)::bigint as "unread!"
            from unread_memberships where user_id = $1 and kind = 'direct'"#,
            user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(Some(unread))
    }
}
