//! The tables of `direct`, as Sequelize makes them.

use super::{
    format::{ConversationRow, Format, MemberRow, Tables, attachment, deleted_at, message_kind},
    row::{Reason, Row},
};
use chat::imports::{Conversation, ConversationRef, Message, ReadBy};
use model::ConversationKind;

pub struct Direct;

const TABLES: Tables = Tables {
    users: &["users"],
    seen: &[],
    conversations: &["Conversations"],
    members: &[],
    messages: &["Messages"],
    attachments: &[],
    reactions: &[],
    reads: &[],
    left: &[(
        &["chat_requests"],
        "chat requests are not part of the contract",
    )],
};

impl Format for Direct {
    fn tables(&self) -> Tables {
        TABLES
    }

    fn conversation(&self, row: &Row, _: Vec<MemberRow>) -> Result<ConversationRow, Reason> {
        let low = row.id(&["participant_1_id"])?;
        let high = row.id(&["participant_2_id"])?;
        if row.get(&["deletedAt"]).is_some() {
            return Err("the conversation is deleted".to_owned());
        }
        let conversation = Conversation {
            id: row.id(&["id"])?,
            kind: ConversationKind::Direct,
            pair: Some((low.clone(), high)),
            title: None,
            description: None,
            private: true,
            created_by: Some(low),
            created_at: row.time(&["createdAt"])?,
        };
        Ok(ConversationRow {
            conversation,
            members: Vec::new(),
        })
    }

    /// The text of this contract is never edited, so `updatedAt` says only when it was read or deleted.
    fn message(&self, row: &Row) -> Result<Message, Reason> {
        let (sender, receiver) = (row.id(&["sender_id"])?, row.id(&["receiver_id"])?);
        let at = row.optional_time(&["read_at"])?;
        let is_read = (row.flag(&["is_read"]) || at.is_some()) && sender != receiver;
        Ok(Message {
            id: row.id(&["id"])?,
            conversation: ConversationRef::Id(row.id(&["conversation_id"])?),
            sender,
            receiver: Some(receiver.clone()),
            kind: message_kind(row, &["type"])?,
            body: row.text(&["content"]).unwrap_or_default().to_owned(),
            attachments: attachment(row, &["attachment_url"], &[])
                .into_iter()
                .collect(),
            reply_to: row.optional_id(&["reply_to_id"])?,
            created_at: row.time(&["createdAt"])?,
            edited_at: row.optional_time(&["editedAt"])?,
            deleted_at: deleted_at(row)?,
            read_by: is_read
                .then_some(ReadBy { user: receiver, at })
                .into_iter()
                .collect(),
            official: false,
        })
    }
}
