//! The tables of `rooms`, under the names that its API suggests.

use super::{
    format::ExportFormat,
    groups::{message_type, reaction_row, read_row, role},
    load_script::Step,
    output::Output,
    values::{iso, set},
};
use chat::{
    ExternalId, IdKind,
    exports::{ExportedConversation, ExportedMessage},
    imports::{ConversationRef, Member, Reaction, ReadState, ReadUpTo, User},
};
use model::{ConversationKind, UserRole};
use serde_json::json;
use std::io;

pub struct Rooms;

const USERS: &str = "User.jsonl";
const ROOMS: &str = "ChatRoom.jsonl";
const MEMBERS: &str = "ChatRoomParticipant.jsonl";
const MESSAGES: &str = "ChatMessage.jsonl";
const ATTACHMENTS: &str = "ChatAttachment.jsonl";
const REACTIONS: &str = "MessageReaction.jsonl";
const READS: &str = "MessageRead.jsonl";
/// Members who have left: for the script that loads the export.
const ENDED: &str = "ended_members.jsonl";

/// The names that an import knows for the table of participants.
const PARTICIPANT_TABLES: &str = "ChatRoomParticipant|RoomParticipant|ChatParticipant|ChatRoomMember|\
    RoomMember|ChatMember|Participant";

impl ExportFormat for Rooms {
    fn id_kind(&self) -> IdKind {
        IdKind::Cuid
    }

    fn kinds(&self) -> &'static [ConversationKind] {
        use ConversationKind::{Channel, Direct, Group};
        &[Direct, Group, Channel]
    }

    fn files(&self) -> &'static [&'static str] {
        &[
            USERS,
            ROOMS,
            MEMBERS,
            MESSAGES,
            ATTACHMENTS,
            REACTIONS,
            READS,
            ENDED,
        ]
    }

    fn load_steps(&self) -> &'static [Step] {
        &[
            Step::Load("User", USERS, &["id"]),
            Step::Load("ChatRoom|Room|Chat", ROOMS, &["id"]),
            Step::Load(PARTICIPANT_TABLES, MEMBERS, &["roomId", "userId"]),
            Step::Remove(PARTICIPANT_TABLES, ENDED, &["roomId", "userId"]),
            Step::Load("ChatMessage|Message", MESSAGES, &["id"]),
            Step::Load(
                "ChatAttachment|MessageAttachment|Attachment",
                ATTACHMENTS,
                &["messageId", "url"],
            ),
            Step::Load(
                "ChatReaction|MessageReaction|Reaction",
                REACTIONS,
                &["messageId", "userId", "emoji"],
            ),
            Step::Load("MessageRead|ReadReceipt", READS, &["messageId", "userId"]),
        ]
    }

    fn write_user(&self, user: &User, output: &mut Output) -> io::Result<()> {
        let is_admin = user.role == Some(UserRole::Admin);
        let mut row = json!({
            "id": user.id.as_str(),
            "name": user.name,
            "username": user.username,
            "email": user.email,
            "avatar": user.avatar_url,
            "isActive": user.active,
            "lastSeen": user.last_seen_at.map(iso),
            "createdAt": user.created_at.map(iso),
        });
        set(&mut row, [("role", is_admin.then(|| "ADMIN".into()))]);
        output.write(USERS, &row)
    }

    fn write_conversation(
        &self,
        exported: &ExportedConversation,
        members: &[Member],
        output: &mut Output,
    ) -> io::Result<()> {
        let conversation = &exported.conversation;
        let id = conversation.id.as_str();
        let is_direct = conversation.kind == ConversationKind::Direct;
        if conversation.kind == ConversationKind::Channel {
            output.lose("channels, which are groups there");
        }
        let row = json!({
            "id": id,
            "name": conversation.title,
            "description": conversation.description,
            "type": if is_direct { "DIRECT" } else { "GROUP" },
            "isEncrypted": false,
            "createdById": conversation.created_by.as_ref().map(ExternalId::as_str),
            "createdAt": iso(conversation.created_at),
        });
        output.write(ROOMS, &row)?;
        for member in members {
            let joined_at = member.joined_at.unwrap_or(conversation.created_at);
            let row = json!({
                "id": format!("{id}-{}", member.user),
                "roomId": id,
                "userId": member.user.as_str(),
                "role": role(member.role),
                "joinedAt": iso(joined_at),
            });
            output.write(MEMBERS, &row)?;
        }
        Ok(())
    }

    fn write_message(&self, exported: &ExportedMessage, output: &mut Output) -> io::Result<()> {
        let it = &exported.message;
        let ConversationRef::Id(room) = &it.conversation else {
            return Ok(());
        };
        if it.official {
            output.lose("marks of messages by an administrator");
        }
        let row = json!({
            "id": it.id.as_str(),
            "roomId": room.as_str(),
            "senderId": it.sender.as_str(),
            "content": it.body,
            "type": message_type(it.kind),
            "replyToId": it.reply_to.as_ref().map(ExternalId::as_str),
            "createdAt": iso(it.created_at),
            "editedAt": it.edited_at.map(iso),
            "deletedAt": it.deleted_at.map(iso),
        });
        output.write(MESSAGES, &row)?;
        for (number, attachment) in it.attachments.iter().enumerate() {
            let row = json!({
                "id": format!("{}-{number}", it.id),
                "messageId": it.id.as_str(),
                "url": attachment.url,
                "fileName": attachment.name,
            });
            output.write(ATTACHMENTS, &row)?;
        }
        Ok(())
    }

    fn write_ended_member(
        &self,
        room: &ExternalId,
        user: &ExternalId,
        output: &mut Output,
    ) -> io::Result<()> {
        let row = json!({ "roomId": room.as_str(), "userId": user.as_str() });
        output.write(ENDED, &row)
    }

    fn write_reaction(&self, reaction: &Reaction, output: &mut Output) -> io::Result<()> {
        output.write(REACTIONS, &reaction_row(reaction))
    }

    fn write_read(&self, state: &ReadState, output: &mut Output) -> io::Result<()> {
        let ReadUpTo::Message(message) = &state.up_to else {
            return Ok(());
        };
        output.write(READS, &read_row(message, state))
    }
}
