//! The tables of `direct`, whose ids are numbers.

use super::{
    format::ExportFormat,
    load_script::Step,
    output::Output,
    values::{iso, number, set},
};
use chat::{
    IdKind,
    exports::{ExportedConversation, ExportedMessage},
    imports::{ConversationRef, Member, Reaction, User},
};
use model::{ConversationKind, MessageKind, UserRole};
use serde_json::json;
use std::io;

pub struct Direct;

const USERS: &str = "users.jsonl";
const CONVERSATIONS: &str = "Conversations.jsonl";
const MESSAGES: &str = "Messages.jsonl";

impl ExportFormat for Direct {
    fn id_kind(&self) -> IdKind {
        IdKind::Number
    }

    fn kinds(&self) -> &'static [ConversationKind] {
        &[ConversationKind::Direct]
    }

    fn files(&self) -> &'static [&'static str] {
        &[USERS, CONVERSATIONS, MESSAGES]
    }

    fn load_steps(&self) -> &'static [Step] {
        &[
            Step::Load("users", USERS, &["id"]),
            Step::Load("Conversations", CONVERSATIONS, &["id"]),
            Step::Load("Messages", MESSAGES, &["id"]),
        ]
    }

    fn write_user(&self, user: &User, output: &mut Output) -> io::Result<()> {
        let is_admin = user.role == Some(UserRole::Admin);
        let is_gone = user.active == Some(false);
        if is_gone {
            output.lose("kinds of users who are gone, who are suspended ones there");
        }
        let mut row = json!({
            "id": number(&user.id),
            "name": user.name,
            "profile_name": user.name,
            "username": user.username,
            "email": user.email,
            "profile_photo": user.avatar_url,
            "status": if is_gone { "Suspend" } else { "Active" },
            "createdAt": user.created_at.map(iso),
            "updatedAt": user.created_at.map(iso),
        });
        set(&mut row, [("role", is_admin.then(|| "Admin".into()))]);
        output.write(USERS, &row)
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
        // The first participant is the one who began it.
        let (first, second) = if conversation.created_by.as_ref() == Some(high) {
            (high, low)
        } else {
            (low, high)
        };
        let last = exported.last_message.as_ref();
        let row = json!({
            "id": number(&conversation.id),
            "participant_1_id": number(first),
            "participant_2_id": number(second),
            "last_message": last.map(|it| &it.body),
            "last_message_at": last.map(|it| iso(it.created_at)),
            "createdAt": iso(conversation.created_at),
            "updatedAt": iso(last.map_or(conversation.created_at, |it| it.created_at)),
        });
        output.write(CONVERSATIONS, &row)
    }

    fn write_message(&self, exported: &ExportedMessage, output: &mut Output) -> io::Result<()> {
        let it = &exported.message;
        let (Some((low, high)), ConversationRef::Id(conversation)) =
            (&exported.pair, &it.conversation)
        else {
            return Ok(());
        };
        let losses = [
            (it.reply_to.is_some(), "links from replies to messages"),
            (it.edited_at.is_some(), "times of edits"),
            (it.official, "marks of messages by an administrator"),
            (
                it.kind != MessageKind::Text,
                "kinds of messages other than text",
            ),
            (it.attachments.len() > 1, "attachments after the first"),
        ];
        for (is_lost, what) in losses {
            if is_lost {
                output.lose(what);
            }
        }
        let receiver = if it.sender == *low { high } else { low };
        let read = it.read_by.first();
        let read_at = read.and_then(|it| it.at);
        let changed = [it.edited_at, it.deleted_at, read_at]
            .into_iter()
            .flatten()
            .max();
        let row = json!({
            "id": number(&it.id),
            "sender_id": number(&it.sender),
            "receiver_id": number(receiver),
            "conversation_id": number(conversation),
            "content": it.body,
            "attachment_url": it.attachments.first().map(|it| &it.url),
            "is_read": read.is_some(),
            "read_at": read_at.map(iso),
            "deletedAt": it.deleted_at.map(iso),
            "createdAt": iso(it.created_at),
            "updatedAt": iso(changed.unwrap_or(it.created_at)),
        });
        output.write(MESSAGES, &row)
    }

    fn write_reaction(&self, _: &Reaction, output: &mut Output) -> io::Result<()> {
        output.lose("reactions");
        Ok(())
    }
}
