//! The tables of `groups`, `rooms` and `direct`, as `row_to_json` prints their rows.

use crate::{
    options::{Contract, Options},
    row_file::RowFile,
    values::{Fields, cuid, iso, spoil},
    world::{Conversation, Message, World},
};
use serde_json::{Value, json};
use std::io;

struct Dump<'a> {
    options: &'a Options,
    names: Names,
}

/// The names of a contract's tables and columns.
struct Names {
    users: &'static str,
    conversations: &'static str,
    members: Option<&'static str>,
    conversation_id: &'static str,
    messages: &'static str,
    reactions: Option<&'static str>,
    fields: Fields,
}

impl Names {
    fn of(contract: Contract) -> Self {
        let camel_case = Fields {
            id: "id",
            sender: "senderId",
            text: "content",
            created_at: "createdAt",
        };
        match contract {
            Contract::Direct => Self {
                users: "users.jsonl",
                conversations: "Conversations.jsonl",
                members: None,
                conversation_id: "conversation_id",
                messages: "Messages.jsonl",
                reactions: None,
                fields: Fields {
                    sender: "sender_id",
                    ..camel_case
                },
            },
            Contract::Rooms => Self {
                users: "User.jsonl",
                conversations: "ChatRoom.jsonl",
                members: Some("ChatRoomParticipant.jsonl"),
                conversation_id: "roomId",
                messages: "ChatMessage.jsonl",
                reactions: Some("MessageReaction.jsonl"),
                fields: camel_case,
            },
            _ => Self {
                users: "user.jsonl",
                conversations: "Group.jsonl",
                members: Some("GroupMember.jsonl"),
                conversation_id: "groupId",
                messages: "Message.jsonl",
                reactions: None,
                fields: camel_case,
            },
        }
    }
}

pub fn write(options: &Options, mut world: World) -> io::Result<()> {
    let names = Names::of(options.contract);
    let dump = Dump { options, names };
    dump.write_users(&world)?;
    dump.write_conversations(&world)?;
    dump.write_messages(&mut world)
}

impl Dump<'_> {
    fn create(&self, name: &str) -> io::Result<RowFile> {
        RowFile::create(&self.options.folder, name, self.options.array)
    }

    /// Numbers in `direct`, cuids elsewhere.
    fn id(&self, kind: char, number: u64) -> Value {
        if self.options.contract == Contract::Direct {
            number.into()
        } else {
            cuid(kind, number).into()
        }
    }

    fn write_users(&self, world: &World) -> io::Result<()> {
        let mut users = self.create(self.names.users)?;
        for number in 1..=world.users {
            let mut user = json!({
                "id": self.id('u', number),
                "name": format!("Person {number}"),
                "email": format!("person{number}@example.org"),
                "createdAt": iso(1_735_000_000_000),
                "updatedAt": iso(1_735_000_000_000),
            });
            if self.options.contract == Contract::Direct {
                user["profile_name"] = format!("P{number}").into();
                user["username"] = format!("person{number}").into();
                user["profile_photo"] = format!("https://example.org/{number}.png").into();
                user["role"] = if number == 1 { "Admin" } else { "Client" }.into();
                user["status"] = if number % 50 == 0 { "Block" } else { "Active" }.into();
                user["deletedAt"] = Value::Null;
            } else {
                user["image"] = format!("https://example.org/{number}.png").into();
                user["role"] = if number == 1 { "ADMIN" } else { "USER" }.into();
            }
            users.write(&user)?;
        }
        users.finish()
    }

    fn write_conversations(&self, world: &World) -> io::Result<()> {
        let mut conversations = self.create(self.names.conversations)?;
        let mut members = self
            .names
            .members
            .map(|name| self.create(name))
            .transpose()?;
        let mut member_number = 0;
        for it in &world.conversations {
            conversations.write(&self.conversation(it))?;
            let Some(members) = &mut members else {
                continue;
            };
            for (index, user) in it.members.iter().enumerate() {
                member_number += 1;
                let role = match index {
                    0 => "OWNER",
                    1 if it.members.len() > 3 => "ADMIN",
                    _ => "MEMBER",
                };
                members.write(&json!({
                    "id": self.id('g', member_number),
                    "role": role,
                    "userId": self.id('u', *user),
                    self.names.conversation_id: self.id('r', it.number),
                    "joinedAt": iso(it.created_at),
                }))?;
            }
        }
        if let Some(members) = members {
            members.finish()?;
        }
        conversations.finish()
    }

    fn conversation(&self, it: &Conversation) -> Value {
        let mut row = json!({
            "id": self.id('r', it.number),
            "createdAt": iso(it.created_at),
            "updatedAt": iso(it.created_at),
        });
        match self.options.contract {
            Contract::Direct => {
                row["participant_1_id"] = self.id('u', it.members[0]);
                row["participant_2_id"] = self.id('u', it.members[1]);
                row["last_message"] = Value::Null;
                row["last_message_at"] = Value::Null;
                row["deletedAt"] = Value::Null;
            }
            Contract::Rooms => {
                row["name"] = format!("Room {}", it.number).into();
                row["type"] = if it.is_direct { "DIRECT" } else { "GROUP" }.into();
                row["isEncrypted"] = false.into();
            }
            _ => {
                row["name"] = format!("Group {}", it.number).into();
                row["description"] = Value::Null;
                row["isPrivate"] = (!it.is_channel).into();
                row["createdBy"] = self.id('u', it.members[0]);
            }
        }
        row
    }

    fn write_messages(&self, world: &mut World) -> io::Result<()> {
        let mut messages = self.create(self.names.messages)?;
        let mut reactions = self
            .names
            .reactions
            .map(|name| self.create(name))
            .transpose()?;
        let mut bad = 0;
        while let Some(it) = world.next_message() {
            let conversation = &world.conversations[it.conversation];
            let row = self.message(&it, conversation);
            // Bad rows are copies of good ones with ids of their own.
            if bad < self.options.bad_rows * 4 && it.number % 7 == 0 {
                let mut copy = row.clone();
                copy["id"] = self.id('x', self.options.messages + it.number);
                messages.write_text(&spoil(copy, bad, &self.names.fields))?;
                bad += 1;
            }
            messages.write(&row)?;
            if let Some(reactions) = &mut reactions
                && it.deleted_at.is_none()
                && let Some((user, at)) = it.readers.first()
                && it.number % 10 == 0
            {
                reactions.write(&json!({
                    "id": self.id('e', it.number),
                    "emoji": if it.number % 20 == 0 { "👍" } else { "❤️" },
                    "messageId": self.id('m', it.number),
                    "userId": self.id('u', *user),
                    "createdAt": iso(*at),
                }))?;
            }
        }
        if let Some(reactions) = reactions {
            reactions.finish()?;
        }
        messages.finish()
    }

    fn message(&self, it: &Message, conversation: &Conversation) -> Value {
        let fields = &self.names.fields;
        let mut row = json!({
            "id": self.id('m', it.number),
            fields.sender: self.id('u', it.sender),
            self.names.conversation_id: self.id('r', conversation.number),
            "content": it.text,
            "createdAt": iso(it.created_at),
        });
        if self.options.contract == Contract::Direct {
            let read = it.readers.first().map(|(_, at)| *at);
            row["receiver_id"] = self.id('u', it.receiver);
            row["attachment_url"] = (it.kind != "text")
                .then(|| format!("https://files.example.org/{}.png", it.number))
                .into();
            row["is_read"] = read.is_some().into();
            row["read_at"] = read.map(iso).into();
            row["deletedAt"] = it.deleted_at.map(iso).into();
            row["updatedAt"] = iso(read.max(it.deleted_at).unwrap_or(it.created_at)).into();
            return row;
        }
        row["type"] = it.kind.to_uppercase().into();
        row["replyToId"] = it.reply_to.map(|id| self.id('m', id)).into();
        row["updatedAt"] = iso(it.edited_at.unwrap_or(it.created_at)).into();
        if self.options.contract == Contract::Rooms {
            row["isEdited"] = it.edited_at.is_some().into();
            row["deletedAt"] = it.deleted_at.map(iso).into();
        }
        row
    }
}
