//! The collections of `broadcast` and `conversations`, as `mongoexport` writes them.

use crate::{
    options::{Contract, Options},
    row_file::RowFile,
    values::{Bson, Fields, iso, object_id, spoil},
    world::{Conversation, Message, World},
};
use serde_json::{Map, Value, json};
use std::io;

const USER: u8 = 1;
const CONVERSATION: u8 = 2;
const MESSAGE: u8 = 3;
const OTHER: u8 = 4;

struct Dump<'a> {
    options: &'a Options,
    bson: Bson,
    is_broadcast: bool,
}

pub fn write(options: &Options, mut world: World) -> io::Result<()> {
    let dump = Dump {
        options,
        bson: Bson {
            canonical: options.canonical,
        },
        is_broadcast: options.contract == Contract::Broadcast,
    };
    dump.write_users(&world)?;
    let mut conversations = dump.create("conversations.json")?;
    for it in &world.conversations {
        conversations.write(&dump.conversation(it))?;
    }
    conversations.finish()?;
    dump.write_messages(&mut world)
}

impl Dump<'_> {
    fn create(&self, name: &str) -> io::Result<RowFile> {
        RowFile::create(&self.options.folder, name, self.options.array)
    }

    fn write_users(&self, world: &World) -> io::Result<()> {
        let mut users = self.create("users.json")?;
        let mut seen = self
            .is_broadcast
            .then(|| self.create("userstatuses.json"))
            .transpose()?;
        for number in 1..=world.users {
            let at = self.bson.time(1_735_000_000_000);
            let mut user = json!({
                "_id": id(USER, number),
                "name": format!("Person {number}"),
                "email": format!("person{number}@example.org"),
                "password": "$2a$10$abcdefghijklmnopqrstuv",
                "role": if number == 1 { "admin" } else { "user" },
                "createdAt": at,
                "updatedAt": at,
                "__v": self.bson.int(0),
            });
            if self.is_broadcast {
                user["profilePhoto"] = format!("https://example.org/{number}.png").into();
                user["isBlocked"] = false.into();
                user["active"] = (number % 50 != 0).into();
            } else {
                user["username"] = format!("person{number}").into();
                user["avatar"] = format!("https://example.org/{number}.png").into();
            }
            users.write(&user)?;
            if let Some(seen) = &mut seen {
                seen.write(&json!({
                    "_id": id(OTHER, number),
                    "user": id(USER, number),
                    "isOnline": false,
                    "lastSeen": self.bson.time(1_736_000_000_000),
                    "deviceInfo": {},
                }))?;
            }
        }
        if let Some(seen) = seen {
            seen.finish()?;
        }
        users.finish()
    }

    fn conversation(&self, it: &Conversation) -> Value {
        let participants: Vec<_> = it.members.iter().map(|user| id(USER, *user)).collect();
        let mut row = json!({
            "_id": id(CONVERSATION, it.number),
            "participants": participants,
            "createdBy": id(USER, it.members[0]),
            "createdAt": self.bson.time(it.created_at),
            "updatedAt": self.bson.time(it.created_at),
            "__v": self.bson.int(0),
        });
        if self.is_broadcast {
            row["conversationType"] = "private".into();
            row["isActive"] = true.into();
            row["settings"] = json!({ "allowNewMembers": true, "muteNotifications": false });
            return row;
        }
        row["isArchived"] = false.into();
        row["type"] = match (it.is_direct, it.is_channel) {
            (true, _) => "direct",
            (_, true) => "channel",
            _ => "group",
        }
        .into();
        if !it.is_direct {
            row["name"] = format!("Room {}", it.number).into();
            row["admins"] = json!([id(USER, it.members[0])]);
        }
        let metadata: Map<_, _> = it
            .members
            .iter()
            .map(|user| {
                (
                    object_id(USER, *user),
                    json!({ "unreadCount": self.bson.int(0) }),
                )
            })
            .collect();
        row["participantMetadata"] = metadata.into();
        row
    }

    fn write_messages(&self, world: &mut World) -> io::Result<()> {
        let text = if self.is_broadcast {
            "message"
        } else {
            "content"
        };
        let fields = Fields {
            id: "_id",
            sender: "sender",
            text,
            created_at: "createdAt",
        };
        let mut messages = self.create("messages.json")?;
        let mut bad = 0;
        while let Some(it) = world.next_message() {
            let conversation = &world.conversations[it.conversation];
            let row = if self.is_broadcast {
                self.broadcast_message(&it)
            } else {
                self.conversations_message(&it, conversation)
            };
            // Bad rows are copies of good ones with ids of their own.
            if bad < self.options.bad_rows * 4 && it.number % 7 == 0 {
                let mut copy = row.clone();
                copy["_id"] = id(OTHER, it.number);
                messages.write_text(&spoil(copy, bad, &fields))?;
                bad += 1;
            }
            messages.write(&row)?;
        }
        messages.finish()
    }

    fn broadcast_message(&self, it: &Message) -> Value {
        let read = it.readers.first();
        let updated = [it.deleted_at, read.map(|(_, at)| *at)];
        let mut row = json!({
            "_id": id(MESSAGE, it.number),
            "sender": id(USER, it.sender),
            "receiver": id(USER, it.receiver),
            "message": it.text,
            "messageType": it.kind,
            "isRead": read.is_some(),
            "isDeleted": it.deleted_at.is_some(),
            "createdAt": self.bson.time(it.created_at),
            "updatedAt": self.bson.time(updated.into_iter().flatten().max().unwrap_or(it.created_at)),
            "__v": self.bson.int(0),
        });
        if it.official {
            row["metadata"] = json!({ "isAdminMessage": true });
        }
        let optional = [
            ("readAt", read.map(|(_, at)| self.bson.time(*at))),
            ("deletedAt", it.deleted_at.map(|at| self.bson.time(at))),
            ("replyTo", it.reply_to.map(|number| id(MESSAGE, number))),
        ];
        set(&mut row, optional);
        row
    }

    fn conversations_message(&self, it: &Message, conversation: &Conversation) -> Value {
        let readers: Vec<_> = it
            .readers
            .iter()
            .map(|(user, at)| json!({ "userId": id(USER, *user), "readAt": self.bson.time(*at) }))
            .collect();
        let attachments = if it.kind == "text" {
            json!([])
        } else {
            json!([format!(
                "https://files.example.org/{}-{}",
                it.number,
                iso(it.created_at)
            )])
        };
        let mut row = json!({
            "_id": id(MESSAGE, it.number),
            "sender": id(USER, it.sender),
            "conversationId": id(CONVERSATION, conversation.number),
            "content": it.text,
            "type": it.kind,
            "status": if it.readers.is_empty() { "sent" } else { "read" },
            "attachments": attachments,
            "readBy": readers,
            "isDeleted": it.deleted_at.is_some(),
            "createdAt": self.bson.time(it.created_at),
            "updatedAt": self.bson.time(it.deleted_at.unwrap_or(it.created_at)),
            "__v": self.bson.int(0),
        });
        let optional = [
            ("deletedAt", it.deleted_at.map(|at| self.bson.time(at))),
            ("replyTo", it.reply_to.map(|number| id(MESSAGE, number))),
        ];
        set(&mut row, optional);
        row
    }
}

fn id(kind: u8, number: u64) -> Value {
    json!({ "$oid": object_id(kind, number) })
}

fn set<const N: usize>(row: &mut Value, fields: [(&str, Option<Value>); N]) {
    for (name, value) in fields {
        if let Some(value) = value {
            row[name] = value;
        }
    }
}
