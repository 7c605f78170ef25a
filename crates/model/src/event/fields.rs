//! Deserialising of events: a struct with the fields of all events.

use super::Event;
use crate::{
    Account, Announcement, AnnouncementId, ConversationId, ConversationSummary, Favorite, Member,
    Message, MessageId, MessageKind, Presence, PresenceStatus, Receipt, SavedMessage, Sender,
    ThreadState, UserId,
};
#[cfg(not(target_family = "wasm"))]
use crate::{Draft, Mute, PersonalEvent, PollVote, Reminder, ScheduledMessage};
use serde::Deserialize;
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields {
    #[serde(rename = "type")]
    name: String,
    conversation_id: Option<ConversationId>,
    seq: Option<i64>,
    message: Option<Message>,
    /// A plain conversation is read as a summary without the caller's part.
    conversation: Option<ConversationSummary>,
    member: Option<Member>,
    user_id: Option<UserId>,
    typing: Option<bool>,
    status: Option<PresenceStatus>,
    #[serde(with = "crate::timestamp::option", default)]
    last_seen_at: Option<OffsetDateTime>,
    read_position: Option<i64>,
    #[serde(default)]
    marked_unread: bool,
    delivered_position: Option<i64>,
    total: Option<i64>,
    unread: Option<i64>,
    mentions: Option<i64>,
    user: Option<Account>,
    conversations: Option<Vec<ConversationSummary>>,
    presence: Option<Vec<Presence>>,
    profile: Option<Sender>,
    favorites: Option<Vec<Favorite>>,
    message_id: Option<MessageId>,
    saved: Option<SavedMessage>,
    thread_id: Option<MessageId>,
    following: Option<bool>,
    id: Option<AnnouncementId>,
    body: Option<String>,
    kind: Option<MessageKind>,
    sent_by: Option<UserId>,
    sender_name: Option<String>,
    reach: Option<i64>,
    #[serde(with = "crate::timestamp::option", default)]
    sent_at: Option<OffsetDateTime>,
    // The browser reads these events where it needs them (`PersonalEvent`): not on the first screen.
    #[cfg(not(target_family = "wasm"))]
    draft: Option<Draft>,
    #[cfg(not(target_family = "wasm"))]
    scheduled: Option<ScheduledMessage>,
    #[cfg(not(target_family = "wasm"))]
    reminder: Option<Box<Reminder>>,
    #[cfg(not(target_family = "wasm"))]
    mute: Option<Mute>,
    #[cfg(not(target_family = "wasm"))]
    vote: Option<Box<PollVote>>,
    #[cfg(not(target_family = "wasm"))]
    personal_seq: Option<i64>,
}

/// There is no event of this name, or one of its fields is missing.
#[derive(Debug)]
pub struct NoEvent(String);

impl std::fmt::Display for NoEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no event `{}`, or a field of it is missing", self.0)
    }
}

impl TryFrom<Fields> for Event {
    type Error = NoEvent;

    fn try_from(fields: Fields) -> Result<Self, NoEvent> {
        let name = fields.name.clone();
        fields.event().ok_or(NoEvent(name))
    }
}

impl Fields {
    fn event(self) -> Option<Event> {
        Some(match self.name.as_str() {
            "ready" => Event::Ready {
                user: self.user?,
                conversations: self.conversations?,
                presence: self.presence?,
            },
            "message:created" => Event::MessageCreated {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                message: self.message?,
            },
            "message:updated" => Event::MessageUpdated {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                message: self.message?,
            },
            "message:deleted" => Event::MessageDeleted {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                message: self.message?,
            },
            "conversation:created" => Event::ConversationCreated {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                conversation: self.conversation?,
            },
            "conversation:updated" => Event::ConversationUpdated {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                conversation: self.conversation?.conversation,
            },
            "conversation:removed" => Event::ConversationRemoved {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
            },
            "member:added" => Event::MemberAdded {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                member: self.member?,
            },
            "member:updated" => Event::MemberUpdated {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                member: self.member?,
            },
            "member:removed" => Event::MemberRemoved {
                conversation_id: self.conversation_id?,
                seq: self.seq?,
                user_id: self.user_id?,
            },
            _ => return self.fleeting(),
        })
    }

    /// The events outside of the sequence.
    fn fleeting(self) -> Option<Event> {
        Some(match self.name.as_str() {
            "receipt:updated" => Event::ReceiptUpdated(Receipt {
                conversation_id: self.conversation_id?,
                user_id: self.user_id?,
                read_position: self.read_position?,
                delivered_position: self.delivered_position?,
                details: None,
            }),
            "typing" => Event::Typing {
                conversation_id: self.conversation_id?,
                user_id: self.user_id?,
                typing: self.typing?,
                thread_id: self.thread_id,
            },
            "presence" => Event::PresenceChanged(Presence {
                user_id: self.user_id?,
                status: self.status?,
                last_seen_at: self.last_seen_at,
            }),
            "user:updated" => Event::UserUpdated {
                profile: self.profile?,
            },
            "unread" => Event::UnreadChanged {
                total: self.total?,
                conversation_id: self.conversation_id?,
                unread: self.unread?,
                mentions: self.mentions?,
                read_position: self.read_position,
                marked_unread: self.marked_unread,
            },
            "thread" => Event::ThreadChanged(ThreadState {
                conversation_id: self.conversation_id?,
                thread_id: self.thread_id?,
                following: self.following?,
                read_position: self.read_position?,
                unread: self.unread?,
                mentions: self.mentions?,
            }),
            "favorites" => Event::FavoritesChanged {
                favorites: self.favorites?,
            },
            "saved" => Event::SavedChanged {
                message_id: self.message_id?,
                saved: self.saved,
            },
            "announcement" => Event::AnnouncementMade(Announcement {
                id: self.id?,
                body: self.body?,
                kind: self.kind?,
                sent_by: self.sent_by?,
                sender_name: self.sender_name?,
                reach: self.reach?,
                sent_at: self.sent_at?,
            }),
            #[cfg(not(target_family = "wasm"))]
            _ => Event::Personal(Box::new(self.personal()?)),
            #[cfg(target_family = "wasm")]
            _ => return None,
        })
    }

    #[cfg(not(target_family = "wasm"))]
    fn personal(self) -> Option<PersonalEvent> {
        Some(match self.name.as_str() {
            "draft" => PersonalEvent::Draft { draft: self.draft? },
            "scheduled" => PersonalEvent::Scheduled {
                scheduled: self.scheduled?,
            },
            "reminder" => PersonalEvent::Reminder {
                reminder: self.reminder?,
            },
            "mute" => PersonalEvent::Mute { mute: self.mute? },
            "vote" => PersonalEvent::Vote { vote: self.vote? },
            "personal" => PersonalEvent::Sequence {
                personal_seq: self.personal_seq?,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::{Presence, PresenceStatus, Receipt, UserId};

    const AT: &str = "2026-01-02T03:04:05Z";

    /// The JSON of every kind of event.
    fn events() -> Vec<serde_json::Value> {
        let user = serde_json::json!({
            "id": "1", "username": "ada", "name": "Ada", "avatarUrl": null, "role": "admin",
            "presence": "away", "lastSeenAt": AT,
        });
        let sender = serde_json::json!({
            "id": "1", "username": "ada", "name": "Ada", "avatarUrl": null,
        });
        let poll = serde_json::json!({
            "options": [{"text": "Tea", "votes": null}, {"text": "Coffee", "votes": 1}], "maxChoices": 1,
            "anonymous": true, "results": "afterVote", "closesAt": AT, "closedAt": null,
            "voterCount": 1, "revision": 2,
        });
        let message = serde_json::json!({
            "id": "7", "conversationId": "3", "position": 1, "seq": 2, "sender": sender,
            "kind": "text", "body": "hi", "names": {"1": "Ada"}, "replyTo": null, "attachments": [],
            "reactions": [{"emoji": "👍", "count": 1, "userIds": ["1"]}], "clientId": "k",
            "pinned": {"by": sender, "at": AT}, "poll": poll,
            "threadId": "5", "threadPosition": 2, "alsoToConversation": true,
            "thread": {"id": "5", "conversationId": "3", "position": 2, "seq": 2, "replyCount": 2,
                "lastReplyAt": AT, "participants": [sender]},
            "createdAt": AT, "editedAt": null, "deletedAt": null,
        });
        let conversation = serde_json::json!({
            "id": "3", "kind": "group", "title": "Crew", "description": null, "private": true,
            "position": 1, "seq": 2, "memberCount": 2, "createdAt": AT,
        });
        let mut summary = conversation.clone();
        let part = serde_json::json!({
            "role": "owner", "peer": user, "readPosition": 1, "unread": 0, "unreadInThreads": 0, "mentions": 0,
            "lastMessage": {"id": "7", "position": 1, "sender": sender, "kind": "text",
                "body": "hi", "createdAt": AT, "deletedAt": null},
        });
        summary
            .as_object_mut()
            .unwrap()
            .extend(part.as_object().unwrap().clone());
        let member = serde_json::json!({
            "user": user, "role": "member", "readPosition": 1, "deliveredPosition": 1, "joinedAt": AT,
        });
        let mut account = user.clone();
        account["email"] = "ada@example.org".into();
        account["presenceChoice"] = "invisible".into();
        let in_conversation = |name: &str, field: &str, value: &serde_json::Value| serde_json::json!({"type": name, "conversationId": "3", "seq": 2, field: value});
        vec![
            serde_json::json!({"type": "ready", "user": account, "conversations": [summary.clone()],
                "presence": [{"userId": "1", "status": "online", "lastSeenAt": null}]}),
            in_conversation("message:created", "message", &message),
            in_conversation("message:updated", "message", &message),
            in_conversation("message:deleted", "message", &message),
            in_conversation("conversation:created", "conversation", &summary),
            in_conversation("conversation:updated", "conversation", &conversation),
            serde_json::json!({"type": "conversation:removed", "conversationId": "3", "seq": 2}),
            in_conversation("member:added", "member", &member),
            in_conversation("member:updated", "member", &member),
            in_conversation("member:removed", "userId", &"1".into()),
            serde_json::json!({"type": "typing", "conversationId": "3", "userId": "1", "typing": true}),
            serde_json::json!({"type": "typing", "conversationId": "3", "userId": "1", "typing": true,
                "threadId": "7"}),
            serde_json::json!({"type": "thread", "conversationId": "3", "threadId": "7",
                "following": true, "readPosition": 1, "unread": 2, "mentions": 1}),
            serde_json::json!({"type": "user:updated", "profile": {"id": "1", "username": "ada",
                "name": "Ada", "avatarUrl": null}}),
            serde_json::json!({"type": "unread", "total": 3, "conversationId": "3", "unread": 2,
                "mentions": 1, "readPosition": 4, "markedUnread": true}),
            serde_json::json!({"type": "favorites", "favorites": [{"conversation": summary},
                {"user": user, "lastMessage": "hi"}, {"user": user, "lastMessage": null}]}),
            serde_json::json!({"type": "saved", "messageId": "7", "saved": {"message": message,
                "savedAt": AT}}),
            serde_json::json!({"type": "saved", "messageId": "7", "saved": null}),
            serde_json::json!({"type": "draft", "draft": {"conversationId": "3", "threadId": "7",
                "body": "hi", "replyTo": null, "editorId": "tab", "seq": 4, "updatedAt": AT}}),
            serde_json::json!({"type": "scheduled", "scheduled": {"id": "5", "conversationId": "3",
                "body": "hi", "replyTo": null, "sendAt": AT, "state": "failed",
                "failure": {"code": "not_found", "detail": "There is no such conversation."},
                "messageId": null, "clientId": null, "seq": 4, "createdAt": AT}}),
            serde_json::json!({"type": "reminder", "reminder": {"messageId": "7", "conversationId": "3",
                "message": message, "remindAt": AT, "state": "due", "seq": 4, "createdAt": AT}}),
            serde_json::json!({"type": "mute", "mute": {"conversationId": "3", "muted": true, "until": AT,
                "seq": 4}}),
            serde_json::json!({"type": "mute", "mute": {"conversationId": "3", "muted": false, "until": null,
                "seq": 5}}),
            serde_json::json!({"type": "vote", "vote": {"messageId": "7", "conversationId": "3", "options": [2],
                "poll": poll, "seq": 6}}),
            serde_json::json!({"type": "personal", "personalSeq": 5}),
            serde_json::json!({"type": "announcement", "id": "1", "body": "hi", "kind": "text",
                "sentBy": "1", "senderName": "Ada", "reach": 3, "sentAt": AT}),
        ]
    }

    #[test]
    fn every_event_round_trips() {
        for json in events() {
            let event: Event = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(event.name(), json["type"]);
            assert_eq!(serde_json::to_value(&event).unwrap(), json);
        }
        let (user_id, conversation_id) = (UserId(1), crate::ConversationId(3));
        let status = PresenceStatus::Away;
        for event in [
            Event::PresenceChanged(Presence {
                user_id,
                status,
                last_seen_at: None,
            }),
            Event::ReceiptUpdated(Receipt {
                conversation_id,
                user_id,
                read_position: 1,
                delivered_position: 2,
                details: None,
            }),
        ] {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
    }

    #[test]
    fn refuses_what_is_not_an_event() {
        for json in [
            r#"{"type": "nonsense"}"#,
            r#"{"type": "typing", "typing": true}"#,
            "{}",
            "[]",
        ] {
            assert!(serde_json::from_str::<Event>(json).is_err(), "{json}");
        }
    }
}
