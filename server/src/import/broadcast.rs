//! The documents of `broadcast`: `MongoDB` collections, in which a message names its two users and no
//! conversation.

use super::{
    format::{
        ConversationRow, Format, MemberRow, Tables, deleted_at, message_kind, name_owner,
        plain_member,
    },
    row::{Reason, Row},
};
use chat::imports::{Conversation, ConversationRef, Message, ReadBy};
use model::ConversationKind;

pub struct Broadcast;

const TABLES: Tables = Tables {
    users: &["users"],
    seen: &["userstatuses"],
    conversations: &["conversations"],
    members: &[],
    messages: &["messages"],
    attachments: &[],
    reactions: &["messagereactions"],
    reads: &[],
    left: &[(
        &["chatrooms"],
        "a room has no messages of its own: broadcasts are messages to each user",
    )],
};

impl Format for Broadcast {
    fn tables(&self) -> Tables {
        TABLES
    }

    fn conversation(&self, row: &Row, _: Vec<MemberRow>) -> Result<ConversationRow, Reason> {
        let users = row.ids(&["participants"]);
        let created_by = row.optional_id(&["createdBy"])?;
        let (kind, pair) = match (row.text(&["conversationType"]), users.as_slice()) {
            (None | Some("private"), [one]) => {
                (ConversationKind::Direct, Some((one.clone(), one.clone())))
            }
            (None | Some("private"), [low, high]) => {
                (ConversationKind::Direct, Some((low.clone(), high.clone())))
            }
            (None | Some("private"), _) => {
                return Err("a private conversation has other than two participants".to_owned());
            }
            (Some("group"), _) => (ConversationKind::Group, None),
            (Some("admin_broadcast"), _) => {
                return Err("broadcasts are messages to each user, not a conversation".to_owned());
            }
            (Some(_), _) => return Err("`conversationType` is unknown".to_owned()),
        };
        let mut members = Vec::new();
        if kind != ConversationKind::Direct {
            members.extend(users.into_iter().map(plain_member));
            name_owner(&mut members, created_by.as_ref());
        }
        let conversation = Conversation {
            id: row.id(&["id"])?,
            kind,
            pair,
            title: row
                .filled(&["title"])
                .filter(|_| kind != ConversationKind::Direct),
            description: row.filled(&["description"]),
            private: true,
            created_by,
            created_at: row.time(&["createdAt", "lastMessageAt"])?,
        };
        Ok(ConversationRow {
            conversation,
            members,
        })
    }

    /// The text of this contract is never edited, so `updatedAt` says only when it was read or deleted.
    fn message(&self, row: &Row) -> Result<Message, Reason> {
        let (sender, receiver) = (row.id(&["sender"])?, row.id(&["receiver"])?);
        let at = row.optional_time(&["readAt"])?;
        let is_read = (row.flag(&["isRead"]) || at.is_some()) && sender != receiver;
        let metadata = row.row(&["metadata"]);
        let official =
            metadata.is_some_and(|it| it.flag(&["isAdminMessage"]) || it.flag(&["isBroadcast"]));
        Ok(Message {
            id: row.id(&["id"])?,
            conversation: ConversationRef::Pair(sender.clone(), receiver.clone()),
            sender,
            receiver: Some(receiver.clone()),
            kind: message_kind(row, &["messageType"])?,
            body: row.text(&["message"]).unwrap_or_default().to_owned(),
            attachments: Vec::new(),
            reply_to: row.optional_id(&["replyTo"])?,
            created_at: row.time(&["createdAt"])?,
            edited_at: row.optional_time(&["editedAt"])?,
            deleted_at: deleted_at(row)?,
            read_by: is_read
                .then_some(ReadBy { user: receiver, at })
                .into_iter()
                .collect(),
            official,
        })
    }
}
