//! The tables of `rooms`. Its document names them only by what its API shows, so that each has the
//! names that Prisma schemas of such chats give it.

use super::{
    format::{
        ConversationRow, Format, MemberRow, Tables, attachment, deleted_at, edited_at, member_role,
        message_kind, name_owner,
    },
    row::{Reason, Row},
};
use chat::{
    ExternalId,
    imports::{Conversation, ConversationRef, Member, Message},
};
use model::ConversationKind;

pub struct Rooms;

const TABLES: Tables = Tables {
    users: &["User"],
    seen: &["UserPresence", "UserStatus"],
    conversations: &["ChatRoom", "Room", "Chat"],
    members: &[
        "ChatRoomParticipant",
        "RoomParticipant",
        "ChatParticipant",
        "ChatRoomMember",
        "RoomMember",
        "ChatMember",
        "Participant",
    ],
    messages: &["ChatMessage", "Message"],
    attachments: &["ChatAttachment", "MessageAttachment", "Attachment"],
    reactions: &["ChatReaction", "MessageReaction", "Reaction"],
    reads: &["MessageRead", "ReadReceipt"],
    left: &[(
        &["ChatFavorite", "Favorite"],
        "favorites are not taken: each user marks them again",
    )],
};

/// The columns that name the room of a row.
const ROOM: &[&str] = &["roomId", "chatRoomId", "chatId"];

impl Format for Rooms {
    fn tables(&self) -> Tables {
        TABLES
    }

    fn counts_as_read(&self) -> bool {
        true
    }

    fn conversation(
        &self,
        row: &Row,
        mut members: Vec<MemberRow>,
    ) -> Result<ConversationRow, Reason> {
        let is_direct = match row.text(&["type"]).map(str::to_uppercase).as_deref() {
            Some("DIRECT" | "PRIVATE") => true,
            None | Some("GROUP" | "CHANNEL") => row.flag(&["isDirect"]),
            Some(_) => return Err("`type` is neither GROUP nor DIRECT".to_owned()),
        };
        let pair = match (is_direct, members.as_slice()) {
            (false, _) => None,
            (true, [one]) => Some((one.member.user.clone(), one.member.user.clone())),
            (true, [low, high]) => Some((low.member.user.clone(), high.member.user.clone())),
            (true, _) => return Err("a direct room has other than two participants".to_owned()),
        };
        let created_by = row.optional_id(&["createdById", "createdBy", "creatorId", "ownerId"])?;
        name_owner(&mut members, created_by.as_ref());
        let conversation = Conversation {
            id: row.id(&["id"])?,
            kind: if is_direct {
                ConversationKind::Direct
            } else {
                ConversationKind::Group
            },
            pair,
            title: row.filled(&["name"]).filter(|_| !is_direct),
            description: row.filled(&["description"]),
            private: true,
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
        let read_at = row.optional_time(&["lastReadAt", "lastRead"])?;
        Ok((row.id(ROOM)?, MemberRow { member, read_at }))
    }

    fn message(&self, row: &Row) -> Result<Message, Reason> {
        Ok(Message {
            id: row.id(&["id"])?,
            conversation: ConversationRef::Id(row.id(ROOM)?),
            sender: row.id(&["senderId", "userId", "authorId"])?,
            receiver: None,
            kind: message_kind(row, &["type"])?,
            body: row.text(&["content"]).unwrap_or_default().to_owned(),
            attachments: attachment(row, &["fileUrl", "attachmentUrl"], &["fileName"])
                .into_iter()
                .collect(),
            reply_to: row.optional_id(&["replyToId", "parentId"])?,
            created_at: row.time(&["createdAt", "timestamp"])?,
            edited_at: edited_at(row)?,
            deleted_at: deleted_at(row)?,
            read_by: Vec::new(),
            official: false,
        })
    }
}
