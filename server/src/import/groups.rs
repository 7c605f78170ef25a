//! The tables of `groups`, as Prisma makes them.

use super::{
    format::{
        ConversationRow, Format, MemberRow, Tables, deleted_at, edited_at, member_role,
        message_kind, name_owner,
    },
    row::{Reason, Row},
};
use chat::{
    ExternalId,
    imports::{Conversation, ConversationRef, Member, Message},
};
use model::ConversationKind;

pub struct Groups;

const TABLES: Tables = Tables {
    users: &["User"],
    seen: &[],
    conversations: &["Group"],
    members: &["GroupMember"],
    messages: &["Message"],
    attachments: &["attachment"],
    reactions: &["MessageReaction", "Reaction"],
    reads: &["MessageRead", "MessageReadStatus"],
    left: &[],
};

impl Format for Groups {
    fn tables(&self) -> Tables {
        TABLES
    }

    fn counts_as_read(&self) -> bool {
        true
    }

    /// A group that is not private is a channel, which anybody may find and join.
    fn conversation(
        &self,
        row: &Row,
        mut members: Vec<MemberRow>,
    ) -> Result<ConversationRow, Reason> {
        let created_by = row.optional_id(&["createdBy", "creatorId"])?;
        name_owner(&mut members, created_by.as_ref());
        let private = row.flag(&["isPrivate"]);
        let conversation = Conversation {
            id: row.id(&["id"])?,
            kind: if private {
                ConversationKind::Group
            } else {
                ConversationKind::Channel
            },
            pair: None,
            title: row.filled(&["name"]),
            description: row.filled(&["description"]),
            private,
            created_by,
            created_at: row.time(&["createdAt"])?,
        };
        Ok(ConversationRow {
            conversation,
            members,
        })
    }

    fn member(&self, row: &Row) -> Result<(ExternalId, MemberRow), Reason> {
        let member = Member {
            user: row.id(&["userId"])?,
            role: member_role(row.text(&["role"])),
            joined_at: row.optional_time(&["joinedAt", "createdAt"])?,
        };
        let read_at = row.optional_time(&["lastReadAt"])?;
        Ok((row.id(&["groupId"])?, MemberRow { member, read_at }))
    }

    fn message(&self, row: &Row) -> Result<Message, Reason> {
        Ok(Message {
            id: row.id(&["id"])?,
            conversation: ConversationRef::Id(row.id(&["groupId"])?),
            sender: row.id(&["senderId", "userId"])?,
            receiver: None,
            kind: message_kind(row, &["type"])?,
            body: row.text(&["content"]).unwrap_or_default().to_owned(),
            attachments: Vec::new(),
            reply_to: row.optional_id(&["replyToId"])?,
            created_at: row.time(&["createdAt"])?,
            edited_at: edited_at(row)?,
            deleted_at: deleted_at(row)?,
            read_by: Vec::new(),
            official: false,
        })
    }
}
