//! The tables of `groups`. `MessageReaction` and `MessageRead` are ones that the system does not have.

use super::{
    format::ExportFormat,
    load_script::Step,
    output::Output,
    values::{iso, set},
};
use chat::{
    ExternalId, IdKind,
    exports::{ExportedConversation, ExportedMessage},
    imports::{ConversationRef, Member, Reaction, ReadState, ReadUpTo, User},
};
use model::{ConversationKind, MemberRole, MessageKind, UserRole};
use serde_json::json;
use std::io;

pub struct Groups;

const USERS: &str = "user.jsonl";
const GROUPS: &str = "Group.jsonl";
const MEMBERS: &str = "GroupMember.jsonl";
const MESSAGES: &str = "Message.jsonl";
const ATTACHMENTS: &str = "attachment.jsonl";
const REACTIONS: &str = "MessageReaction.jsonl";
const READS: &str = "MessageRead.jsonl";
/// Members who have left and messages that were deleted: for the script that loads the export.
const ENDED: &str = "ended_members.jsonl";
const DELETED: &str = "deleted_messages.jsonl";

impl ExportFormat for Groups {
    fn id_kind(&self) -> IdKind {
        IdKind::Cuid
    }

    fn kinds(&self) -> &'static [ConversationKind] {
        &[ConversationKind::Group, ConversationKind::Channel]
    }

    fn files(&self) -> &'static [&'static str] {
        &[
            USERS,
            GROUPS,
            MEMBERS,
            MESSAGES,
            ATTACHMENTS,
            REACTIONS,
            READS,
            ENDED,
            DELETED,
        ]
    }

    fn load_steps(&self) -> &'static [Step] {
        &[
            Step::Load("user", USERS, &["id"]),
            Step::Load("Group", GROUPS, &["id"]),
            Step::Load("GroupMember", MEMBERS, &["groupId", "userId"]),
            Step::Remove("GroupMember", ENDED, &["groupId", "userId"]),
            Step::Load("Message", MESSAGES, &["id"]),
            Step::Load("attachment", ATTACHMENTS, &["messageId", "url"]),
            Step::Remove("attachment", DELETED, &["messageId"]),
            Step::Remove("Message", DELETED, &["id"]),
            Step::Load(
                "MessageReaction",
                REACTIONS,
                &["messageId", "userId", "emoji"],
            ),
            Step::Load("MessageRead", READS, &["messageId", "userId"]),
        ]
    }

    fn write_user(&self, user: &User, output: &mut Output) -> io::Result<()> {
        if user.active == Some(false) {
            output.lose("users who are gone, as such");
        }
        let is_admin = user.role == Some(UserRole::Admin);
        let mut row = json!({
            "id": user.id.as_str(),
            "name": user.name,
            "email": user.email,
            "image": user.avatar_url,
            "createdAt": user.created_at.map(iso),
            "updatedAt": user.created_at.map(iso),
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
        let row = json!({
            "id": id,
            "name": conversation.title,
            "description": conversation.description,
            "isPrivate": conversation.private,
            "createdBy": conversation.created_by.as_ref().map(ExternalId::as_str),
            "createdAt": iso(conversation.created_at),
            "updatedAt": iso(conversation.created_at),
        });
        output.write(GROUPS, &row)?;
        for member in members {
            let joined_at = member.joined_at.unwrap_or(conversation.created_at);
            let row = json!({
                "id": format!("{id}-{}", member.user),
                "role": role(member.role),
                "userId": member.user.as_str(),
                "groupId": id,
                "joinedAt": iso(joined_at),
            });
            output.write(MEMBERS, &row)?;
        }
        Ok(())
    }

    /// The system removes the rows of deleted messages.
    fn write_message(&self, exported: &ExportedMessage, output: &mut Output) -> io::Result<()> {
        let it = &exported.message;
        let ConversationRef::Id(conversation) = &it.conversation else {
            return Ok(());
        };
        if it.deleted_at.is_some() {
            output.lose("deleted messages");
            output.leave_out(it);
            let id = it.id.as_str();
            return output.write(DELETED, &json!({ "id": id, "messageId": id }));
        }
        output.note_message(it);
        let reply_to = it.reply_to.as_ref();
        if reply_to.is_some_and(|id| output.is_left_out(id)) {
            output.lose("links from replies to deleted messages");
        }
        let reply_to = reply_to.filter(|id| !output.is_left_out(id));
        if it.official {
            output.lose("marks of messages by an administrator");
        }
        let row = json!({
            "id": it.id.as_str(),
            "content": it.body,
            "type": message_type(it.kind),
            "senderId": it.sender.as_str(),
            "groupId": conversation.as_str(),
            "replyToId": reply_to.map(ExternalId::as_str),
            "createdAt": iso(it.created_at),
            "updatedAt": iso(it.edited_at.unwrap_or(it.created_at)),
        });
        output.write(MESSAGES, &row)?;
        for (number, attachment) in it.attachments.iter().enumerate() {
            let row = json!({
                "id": format!("{}-{number}", it.id),
                "url": attachment.url,
                "filename": attachment.name,
                "messageId": it.id.as_str(),
                "createdAt": iso(it.created_at),
                "updatedAt": iso(it.created_at),
            });
            output.write(ATTACHMENTS, &row)?;
        }
        Ok(())
    }

    fn write_ended_member(
        &self,
        group: &ExternalId,
        user: &ExternalId,
        output: &mut Output,
    ) -> io::Result<()> {
        let row = json!({ "groupId": group.as_str(), "userId": user.as_str() });
        output.write(ENDED, &row)
    }

    fn write_reaction(&self, reaction: &Reaction, output: &mut Output) -> io::Result<()> {
        output.write(REACTIONS, &reaction_row(reaction))
    }

    fn write_read(&self, state: &ReadState, output: &mut Output) -> io::Result<()> {
        let ReadUpTo::Message(message) = &state.up_to else {
            return Ok(());
        };
        let Some(written) = output.written(message) else {
            return Ok(());
        };
        let row = read_row(written, state);
        output.write(READS, &row)
    }
}

pub fn reaction_row(reaction: &Reaction) -> serde_json::Value {
    json!({
        "id": format!("{}-{}-{}", reaction.message, reaction.user, reaction.emoji),
        "emoji": reaction.emoji,
        "messageId": reaction.message.as_str(),
        "userId": reaction.user.as_str(),
        "createdAt": reaction.created_at.map(iso),
    })
}

pub fn read_row(message: &ExternalId, state: &ReadState) -> serde_json::Value {
    json!({
        "messageId": message.as_str(),
        "userId": state.user.as_str(),
        "readAt": state.at.map(iso),
    })
}

pub fn role(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "OWNER",
        MemberRole::Admin => "ADMIN",
        MemberRole::Member => "MEMBER",
    }
}

pub fn message_type(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "TEXT",
        MessageKind::Image => "IMAGE",
        MessageKind::File | MessageKind::Audio | MessageKind::Video => "FILE",
        MessageKind::System => "SYSTEM",
    }
}
