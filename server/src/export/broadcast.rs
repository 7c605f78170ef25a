//! The collections of `broadcast`.

use super::{
    format::ExportFormat,
    output::Output,
    values::{date, object_id, set},
};
use chat::{
    IdKind,
    exports::{ExportedConversation, ExportedMessage},
    imports::{Member, Reaction, User},
};
use model::{ConversationKind, MessageKind, UserRole};
use serde_json::json;
use std::io;

pub struct Broadcast;

const USERS: &str = "users.json";
const SEEN: &str = "userstatuses.json";
const CONVERSATIONS: &str = "conversations.json";
const MESSAGES: &str = "messages.json";
const REACTIONS: &str = "messagereactions.json";

impl ExportFormat for Broadcast {
    fn id_kind(&self) -> IdKind {
        IdKind::ObjectId
    }

    /// A message names its receiver, so there is no conversation of more than two.
    fn kinds(&self) -> &'static [ConversationKind] {
        &[ConversationKind::Direct]
    }

    fn files(&self) -> &'static [&'static str] {
        &[USERS, SEEN, CONVERSATIONS, MESSAGES, REACTIONS]
    }

    fn write_user(&self, user: &User, output: &mut Output) -> io::Result<()> {
        let id = object_id(&user.id);
        let is_admin = user.role == Some(UserRole::Admin);
        if user.active == Some(false) {
            output.lose("kinds of users who are gone, who are blocked ones there");
        }
        let mut row = json!({
            "_id": id,
            "name": user.name,
            "profilePhoto": user.avatar_url.as_deref().unwrap_or_default(),
            "isBlocked": user.active == Some(false),
            "active": user.active != Some(false),
        });
        let optional = [
            ("role", is_admin.then(|| "admin".into())),
            ("email", user.email.as_deref().map(Into::into)),
            ("username", user.username.as_deref().map(Into::into)),
            ("createdAt", user.created_at.map(date)),
        ];
        set(&mut row, optional);
        output.write(USERS, &row)?;
        let Some(seen) = user.last_seen_at else {
            return Ok(());
        };
        let status = json!({ "user": id, "isOnline": false, "lastSeen": date(seen) });
        output.write(SEEN, &status)
    }

    fn write_conversation(
        &self,
        exported: &ExportedConversation,
        _: &[Member],
        output: &mut Output,
    ) -> io::Result<()> {
        let conversation = &exported.conversation;
        let Some((low, high)) = &conversation.pair else {
            return Ok(());
        };
        let mut row = json!({
            "_id": object_id(&conversation.id),
            "participants": [object_id(low), object_id(high)],
            "conversationType": "private",
            "isActive": true,
            "createdAt": date(conversation.created_at),
        });
        let last = exported.last_message.as_ref();
        let optional = [
            ("createdBy", conversation.created_by.as_ref().map(object_id)),
            ("lastMessage", last.map(|it| object_id(&it.id))),
            ("lastMessageAt", last.map(|it| date(it.created_at))),
        ];
        set(&mut row, optional);
        output.write(CONVERSATIONS, &row)
    }

    fn write_message(&self, exported: &ExportedMessage, output: &mut Output) -> io::Result<()> {
        let it = &exported.message;
        let Some((low, high)) = &exported.pair else {
            return Ok(());
        };
        let receiver = if it.sender == *low { high } else { low };
        let read = it.read_by.first();
        let changed = [it.deleted_at, it.edited_at, read.and_then(|it| it.at)];
        let updated_at = changed.into_iter().flatten().max();
        if !it.attachments.is_empty() {
            output.lose("attachments of messages");
        }
        let mut row = json!({
            "_id": object_id(&it.id),
            "sender": object_id(&it.sender),
            "receiver": object_id(receiver),
            "message": it.body,
            "messageType": message_type(it.kind),
            "isRead": read.is_some(),
            "isDeleted": it.deleted_at.is_some(),
            "metadata": if it.official { json!({ "isAdminMessage": true }) } else { json!({}) },
            "createdAt": date(it.created_at),
            "updatedAt": date(updated_at.unwrap_or(it.created_at)),
        });
        let optional = [
            ("readAt", read.and_then(|it| it.at).map(date)),
            ("deletedAt", it.deleted_at.map(date)),
            ("editedAt", it.edited_at.map(date)),
            ("replyTo", it.reply_to.as_ref().map(object_id)),
        ];
        set(&mut row, optional);
        output.write(MESSAGES, &row)
    }

    fn write_reaction(&self, reaction: &Reaction, output: &mut Output) -> io::Result<()> {
        let mut row = json!({
            "message": object_id(&reaction.message),
            "user": object_id(&reaction.user),
            "reaction": reaction.emoji,
        });
        set(&mut row, [("createdAt", reaction.created_at.map(date))]);
        output.write(REACTIONS, &row)
    }
}

fn message_type(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Image => "image",
        MessageKind::File | MessageKind::Audio | MessageKind::Video => "file",
        MessageKind::System => "system",
    }
}
