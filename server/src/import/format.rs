//! `Format`: the tables of one of the five systems, and what their rows mean; with what the rows of
//! several systems have in common.

use super::row::{Reason, Row, external_id};
use chat::{
    ExternalId,
    imports::{
        Attachment, Conversation, Member, Message, MessageAttachment, Reaction, ReadBy, User,
    },
};
use model::{MemberRole, MessageKind, UserRole};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

/// The names under which a dump may have each table; the first is what the system calls it. None for
/// what a system does not have.
#[derive(Clone, Copy, Default)]
pub struct Tables {
    pub users: &'static [&'static str],
    /// When each user was seen last, apart from the users.
    pub seen: &'static [&'static str],
    pub conversations: &'static [&'static str],
    /// None if conversations have their members in them.
    pub members: &'static [&'static str],
    pub messages: &'static [&'static str],
    pub attachments: &'static [&'static str],
    pub reactions: &'static [&'static str],
    /// Who has read a message, apart from the messages.
    pub reads: &'static [&'static str],
    /// Tables that have no counterpart here. The report says how many rows they have, and why they
    /// are left.
    pub left: &'static [(&'static [&'static str], &'static str)],
}

/// A conversation with its members, and the time until which each is known to have read.
pub struct ConversationRow {
    pub conversation: Conversation,
    pub members: Vec<MemberRow>,
}

/// A member, and until when they have read.
#[derive(Clone)]
pub struct MemberRow {
    pub member: Member,
    pub read_at: Option<OffsetDateTime>,
}

/// One of the five systems. A row that cannot be used has a reason, in words for the report.
pub trait Format: Sync {
    fn tables(&self) -> Tables;

    /// Whether a member has read everything if nothing says how far: for systems that keep no read
    /// states, whose whole history would be unread.
    fn counts_as_read(&self) -> bool {
        false
    }

    fn user(&self, row: &Row) -> Result<User, Reason> {
        user(row)
    }

    /// The conversation of a row, with the members of the table of members.
    fn conversation(&self, row: &Row, members: Vec<MemberRow>) -> Result<ConversationRow, Reason>;

    /// The conversation and the member of a row of the table of members.
    fn member(&self, _row: &Row) -> Result<(ExternalId, MemberRow), Reason> {
        Err("the system has no table of members".to_owned())
    }

    fn message(&self, row: &Row) -> Result<Message, Reason>;

    fn attachment(&self, row: &Row) -> Result<MessageAttachment, Reason> {
        Ok(MessageAttachment {
            message: row.id(&["messageId", "message", "chatMessageId"])?,
            attachment: Attachment {
                name: row.filled(&["filename", "fileName", "name"]),
                url: row.filled(&["url", "fileUrl"]).ok_or("`url` is missing")?,
            },
        })
    }

    fn reaction(&self, row: &Row) -> Result<Reaction, Reason> {
        Ok(Reaction {
            message: row.id(&["messageId", "message", "chatMessageId"])?,
            user: row.id(&["userId", "user"])?,
            emoji: row
                .filled(&["emoji", "reaction", "type"])
                .ok_or("`emoji` is missing")?,
            created_at: row.optional_time(&["createdAt"])?,
        })
    }

    /// The message that was read, and who read it when.
    fn read(&self, row: &Row) -> Result<(ExternalId, ReadBy), Reason> {
        let message = row.id(&["messageId", "message", "chatMessageId"])?;
        let user = row.id(&["userId", "user", "readBy"])?;
        let at = row.optional_time(&["readAt", "createdAt"])?;
        Ok((message, ReadBy { user, at }))
    }
}

/// The names that systems have for the fields of a user.
fn user(row: &Row) -> Result<User, Reason> {
    let gone = [
        "isBlocked",
        "blocked",
        "banned",
        "isDeleted",
        "deletedAt",
        "blockedAt",
    ];
    let status = row.text(&["status"]);
    let is_gone = row.flag(&gone[..4])
        || row.get(&gone[4..]).is_some()
        || !row.optional_flag(&["active", "isActive"]).unwrap_or(true)
        || matches!(status, Some("Block" | "Suspend"));
    let is_known = row.has(&gone) || row.has(&["active", "isActive"]) || status.is_some();
    let role = row.text(&["role"]).map(|role| match role {
        "admin" | "ADMIN" | "Admin" => UserRole::Admin,
        _ => UserRole::Member,
    });
    let avatar = [
        "avatar",
        "avatarUrl",
        "image",
        "profilePhoto",
        "picture",
        "photo",
    ];
    Ok(User {
        id: row.id(&["id"])?,
        name: row.filled(&["name", "profileName", "displayName", "fullName"]),
        username: row.filled(&["username"]),
        email: row.filled(&["email"]),
        avatar_url: row.filled(&avatar),
        role,
        created_at: row.optional_time(&["createdAt"])?,
        last_seen_at: row.optional_time(&["lastSeen", "lastSeenAt"])?,
        active: is_known.then_some(!is_gone),
    })
}

/// A member without a role or times of their own.
pub fn plain_member(user: ExternalId) -> MemberRow {
    let member = Member {
        user,
        role: MemberRole::Member,
        joined_at: None,
    };
    MemberRow {
        member,
        read_at: None,
    }
}

pub fn member_role(text: Option<&str>) -> MemberRole {
    match text.map(str::to_uppercase).as_deref() {
        Some("OWNER" | "CREATOR") => MemberRole::Owner,
        Some("ADMIN" | "MODERATOR") => MemberRole::Admin,
        _ => MemberRole::Member,
    }
}

/// Owners and administrators keep their role; the creator of a conversation without an owner is one.
pub fn name_owner(members: &mut [MemberRow], creator: Option<&ExternalId>) {
    if members.iter().any(|it| it.member.role == MemberRole::Owner) {
        return;
    }
    let mut members = members.iter_mut();
    if let Some(owner) = members.find(|it| Some(&it.member.user) == creator) {
        owner.member.role = MemberRole::Owner;
    }
}

/// The kind in a field, `text` where it is missing.
pub fn message_kind(row: &Row, names: &[&str]) -> Result<MessageKind, Reason> {
    let Some(text) = row.text(names) else {
        return Ok(MessageKind::Text);
    };
    match text.to_lowercase().as_str() {
        "text" => Ok(MessageKind::Text),
        "image" => Ok(MessageKind::Image),
        "file" => Ok(MessageKind::File),
        "audio" => Ok(MessageKind::Audio),
        "video" => Ok(MessageKind::Video),
        "system" => Ok(MessageKind::System),
        _ => Err(format!("`{}` is none of the kinds of messages", names[0])),
    }
}

/// When a message was deleted, if it was.
pub fn deleted_at(row: &Row) -> Result<Option<OffsetDateTime>, Reason> {
    let at = row.optional_time(&["deletedAt"])?;
    if at.is_some() || !row.flag(&["isDeleted", "deleted"]) {
        return Ok(at);
    }
    row.optional_time(&["updatedAt", "createdAt"])
}

/// When a message was edited, if it was. A row that only an edit changes has been edited if it was
/// changed more than a second after it was made: both times come from different clocks. A deletion changes
/// it as well, so that only a column of its own says that a deleted message was edited.
pub fn edited_at(row: &Row) -> Result<Option<OffsetDateTime>, Reason> {
    if row.has(&["editedAt"]) {
        return row.optional_time(&["editedAt"]);
    }
    if deleted_at(row)?.is_some() {
        return Ok(None);
    }
    let updated_at = row.optional_time(&["updatedAt"])?;
    if let Some(is_edited) = row.optional_flag(&["isEdited", "edited"]) {
        return Ok(updated_at.filter(|_| is_edited));
    }
    let created_at = row.time(&["createdAt", "timestamp"])?;
    Ok(updated_at.filter(|at| *at - created_at > Duration::SECOND))
}

/// Attachments in a list of URLs or of documents that have one.
pub fn attachments(row: &Row, names: &[&str]) -> Vec<Attachment> {
    let list = row.get(names).and_then(Value::as_array);
    let attachment = |value: &Value| match value {
        Value::String(url) => Some(Attachment {
            name: None,
            url: url.clone(),
        }),
        Value::Object(document) => {
            let document = Row::new(document.clone());
            Some(Attachment {
                name: document.filled(&["name", "filename", "fileName"]),
                url: document.filled(&["url", "fileUrl"])?,
            })
        }
        _ => None,
    };
    list.into_iter().flatten().filter_map(attachment).collect()
}

/// The attachment whose URL is in a field.
pub fn attachment(row: &Row, url: &[&str], name: &[&str]) -> Option<Attachment> {
    Some(Attachment {
        url: row.filled(url)?,
        name: row.filled(name),
    })
}

/// Readers in a list of ids, or of documents with an id and a time. One that cannot be read is left out.
pub fn readers(row: &Row, names: &[&str]) -> Vec<ReadBy> {
    let list = row.get(names).and_then(Value::as_array);
    let mut found = Vec::new();
    for value in list.into_iter().flatten() {
        let document = value.as_object().map(|fields| Row::new(fields.clone()));
        let user_field = document.as_ref().and_then(|it| it.get(&["userId", "user"]));
        let Some(user) = external_id(user_field.unwrap_or(value)) else {
            row.note("a reader left out: it is not an id".to_owned());
            continue;
        };
        let at = document.map_or(Ok(None), |it| it.optional_time(&["readAt", "at"]));
        let at = at.unwrap_or_else(|_| {
            row.note("the time of a reader left out: it is not a time".to_owned());
            None
        });
        found.push(ReadBy { user, at });
    }
    found
}
