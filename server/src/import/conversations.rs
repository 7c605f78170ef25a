//! The documents of `conversations`: `MongoDB` collections, in which conversations have their members
//! and messages their readers.

use super::{
    extended_json,
    format::{
        ConversationRow, Format, MemberRow, Tables, attachments, deleted_at, message_kind,
        name_owner, plain_member, readers,
    },
    row::{Reason, Row, external_id},
};
use chat::{
    ExternalId,
    imports::{Conversation, ConversationRef, Message},
};
use model::{ConversationKind, MemberRole};
use std::collections::HashMap;
use time::OffsetDateTime;

pub struct Conversations;

const TABLES: Tables = Tables {
    users: &["users"],
    seen: &[],
    conversations: &["conversations"],
    members: &[],
    messages: &["messages"],
    attachments: &[],
    reactions: &["messagereactions", "reactions"],
    reads: &["messagereads"],
    left: &[],
};

impl Format for Conversations {
    fn tables(&self) -> Tables {
        TABLES
    }

    fn conversation(&self, row: &Row, _: Vec<MemberRow>) -> Result<ConversationRow, Reason> {
        let mut users = row.ids(&["participants"]);
        users.dedup();
        let kind = match row.text(&["type"]) {
            Some("direct") => ConversationKind::Direct,
            Some("group") => ConversationKind::Group,
            Some("channel") => ConversationKind::Channel,
            _ => return Err("`type` is none of direct, group and channel".to_owned()),
        };
        let pair = match (kind, users.as_slice()) {
            (ConversationKind::Direct, [one]) => Some((one.clone(), one.clone())),
            (ConversationKind::Direct, [low, high]) => Some((low.clone(), high.clone())),
            (ConversationKind::Direct, _) => {
                return Err("a direct conversation has other than two participants".to_owned());
            }
            _ => None,
        };
        let created_by = row.optional_id(&["createdBy"])?;
        let admins = row.ids(&["admins"]);
        let read = read_times(row);
        let mut members: Vec<_> = users.into_iter().map(plain_member).collect();
        for it in &mut members {
            if admins.contains(&it.member.user) {
                it.member.role = MemberRole::Admin;
            }
            it.read_at = read.get(&it.member.user).copied();
        }
        name_owner(&mut members, created_by.as_ref());
        let conversation = Conversation {
            id: row.id(&["id"])?,
            kind,
            pair,
            title: row
                .filled(&["name"])
                .filter(|_| kind != ConversationKind::Direct),
            description: row.filled(&["description"]),
            // The contract lets nobody in who was not added.
            private: true,
            created_by,
            created_at: row.time(&["createdAt"])?,
        };
        Ok(ConversationRow {
            conversation,
            members,
        })
    }

    /// The text of this contract is never edited; a dump of an app that can has `editedAt`.
    fn message(&self, row: &Row) -> Result<Message, Reason> {
        let sender = row.id(&["sender", "senderId"])?;
        let mut read_by = readers(row, &["readBy"]);
        read_by.retain(|reader| reader.user != sender);
        Ok(Message {
            id: row.id(&["id"])?,
            conversation: ConversationRef::Id(row.id(&["conversationId", "conversation"])?),
            sender,
            receiver: None,
            kind: message_kind(row, &["type"])?,
            body: row.text(&["content"]).unwrap_or_default().to_owned(),
            attachments: attachments(row, &["attachments"]),
            reply_to: row.optional_id(&["replyTo"])?,
            created_at: row.time(&["createdAt"])?,
            edited_at: row.optional_time(&["editedAt"])?,
            deleted_at: deleted_at(row)?,
            read_by,
            official: false,
        })
    }
}

/// `participantMetadata` is a map of user ids to `{unreadCount, lastReadAt?, mutedUntil?}`.
fn read_times(row: &Row) -> HashMap<ExternalId, OffsetDateTime> {
    let Some(metadata) = row.row(&["participantMetadata"]) else {
        return HashMap::new();
    };
    let time = |(user, value): (&str, &serde_json::Value)| {
        let user = external_id(&user.into())?;
        Some((user, extended_json::time(value.get("lastReadAt")?)?))
    };
    metadata.fields().filter_map(time).collect()
}
