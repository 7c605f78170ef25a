//! The collections of `conversations`. `messagereads` is one that the system does not have: it says how
//! far each member has read, as messages of large conversations do not list their readers.

use super::{
    format::ExportFormat,
    output::Output,
    values::{date, object_id, set},
};
use chat::{
    IdKind,
    exports::{ExportedConversation, ExportedMessage},
    imports::{ConversationRef, Member, Reaction, ReadState, ReadUpTo, User},
};
use model::{ConversationKind, MemberRole};
use serde_json::{Value, json};
use std::io;

pub struct Conversations;

const USERS: &str = "users.json";
const CONVERSATIONS: &str = "conversations.json";
const MESSAGES: &str = "messages.json";
const REACTIONS: &str = "messagereactions.json";
const READS: &str = "messagereads.json";

impl ExportFormat for Conversations {
    fn id_kind(&self) -> IdKind {
        IdKind::ObjectId
    }

    fn kinds(&self) -> &'static [ConversationKind] {
        use ConversationKind::{Channel, Direct, Group};
        &[Direct, Group, Channel]
    }

    fn files(&self) -> &'static [&'static str] {
        &[USERS, CONVERSATIONS, MESSAGES, REACTIONS, READS]
    }

    fn write_user(&self, user: &User, output: &mut Output) -> io::Result<()> {
        let mut row = json!({ "_id": object_id(&user.id), "name": user.name });
        let optional = [
            ("username", user.username.as_deref().map(Into::into)),
            ("email", user.email.as_deref().map(Into::into)),
            ("avatar", user.avatar_url.as_deref().map(Into::into)),
            ("isActive", user.active.map(Into::into)),
            ("lastSeen", user.last_seen_at.map(date)),
            ("createdAt", user.created_at.map(date)),
        ];
        set(&mut row, optional);
        output.write(USERS, &row)
    }

    fn write_conversation(
        &self,
        exported: &ExportedConversation,
        members: &[Member],
        output: &mut Output,
    ) -> io::Result<()> {
        let conversation = &exported.conversation;
        let has_admins = conversation.kind != ConversationKind::Direct;
        let admins = members
            .iter()
            .filter(|it| has_admins && it.role >= MemberRole::Admin);
        let admins: Vec<_> = admins.map(|it| object_id(&it.user)).collect();
        let mut participants: Vec<_> = members.iter().map(|it| object_id(&it.user)).collect();
        if let Some((low, high)) = &conversation.pair {
            participants = vec![object_id(low), object_id(high)];
            participants.dedup();
        }
        let last = exported.last_message.as_ref();
        let mut row = json!({
            "_id": object_id(&conversation.id),
            "type": conversation.kind,
            "participants": participants,
            "participantMetadata": {},
            "admins": admins,
            "isArchived": false,
            "createdAt": date(conversation.created_at),
        });
        let optional = [
            ("name", conversation.title.as_deref().map(Into::into)),
            (
                "description",
                conversation.description.as_deref().map(Into::into),
            ),
            ("createdBy", conversation.created_by.as_ref().map(object_id)),
            ("lastMessage", last.map(|it| object_id(&it.id))),
            ("lastMessageAt", last.map(|it| date(it.created_at))),
        ];
        set(&mut row, optional);
        output.write(CONVERSATIONS, &row)
    }

    fn write_message(&self, exported: &ExportedMessage, output: &mut Output) -> io::Result<()> {
        let it = &exported.message;
        let ConversationRef::Id(conversation) = &it.conversation else {
            return Ok(());
        };
        let changed = [it.edited_at, it.deleted_at].into_iter().flatten().max();
        let attachments: Vec<_> = it.attachments.iter().map(|it| &it.url).collect();
        let readers = it.read_by.iter().map(|reader| {
            let mut row = json!({ "userId": object_id(&reader.user) });
            set(&mut row, [("readAt", reader.at.map(date))]);
            row
        });
        let readers: Vec<Value> = readers.collect();
        if it.official {
            output.lose("marks of messages by an administrator");
        }
        let mut row = json!({
            "_id": object_id(&it.id),
            "sender": object_id(&it.sender),
            "conversationId": object_id(conversation),
            "content": it.body,
            "type": it.kind,
            "status": if readers.is_empty() { "sent" } else { "read" },
            "attachments": attachments,
            "readBy": readers,
            "isDeleted": it.deleted_at.is_some(),
            "createdAt": date(it.created_at),
            "updatedAt": date(changed.unwrap_or(it.created_at)),
        });
        let optional = [
            ("deletedAt", it.deleted_at.map(date)),
            ("editedAt", it.edited_at.map(date)),
            ("replyTo", it.reply_to.as_ref().map(object_id)),
        ];
        set(&mut row, optional);
        output.write(MESSAGES, &row)
    }

    fn write_reaction(&self, reaction: &Reaction, output: &mut Output) -> io::Result<()> {
        let mut row = json!({
            "messageId": object_id(&reaction.message),
            "userId": object_id(&reaction.user),
            "emoji": reaction.emoji,
        });
        set(&mut row, [("createdAt", reaction.created_at.map(date))]);
        output.write(REACTIONS, &row)
    }

    fn write_read(&self, state: &ReadState, output: &mut Output) -> io::Result<()> {
        let ReadUpTo::Message(message) = &state.up_to else {
            return Ok(());
        };
        let mut row = json!({ "messageId": object_id(message), "userId": object_id(&state.user) });
        set(&mut row, [("readAt", state.at.map(date))]);
        output.write(READS, &row)
    }
}
