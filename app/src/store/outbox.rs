//! The outbox: messages of the user that the timeline does not have yet, in the order of writing.
//! A message leaves it when the timeline has it, or when the user discards it.

use model::{ConversationId, Message, MessageId, Reply};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutgoingState {
    /// Waits for the connection, or for earlier messages of its conversation.
    #[default]
    Waiting,
    Sending,
    /// Acknowledged. It leaves the outbox when the timeline has all changes before it.
    #[serde(skip)]
    Sent(Arc<Message>),
    Failed {
        detail: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The idempotency key: however often the message is sent, it is written once.
    pub client_id: String,
    pub conversation_id: ConversationId,
    pub body: String,
    pub reply_to: Option<Reply>,
    /// Its files, in the words of the chunk of files (`chunks/files/outgoing_file.rs`); empty without any.
    #[serde(default)]
    pub files: String,
    /// The ids of their uploads, separated by commas, once the server has all of them.
    #[serde(default)]
    pub upload_ids: String,
    /// The root of the thread that it is a reply in.
    #[serde(default)]
    pub thread_id: Option<MessageId>,
    /// Whether such a reply is also in the main line.
    #[serde(default)]
    pub also_to_conversation: bool,
    #[serde(with = "model::timestamp")]
    pub created_at: OffsetDateTime,
    /// Counts the messages of this browser: the order of writing, whatever its clock says. 0 for one that
    /// an earlier version of the page stored.
    #[serde(default)]
    pub number: i64,
    #[serde(default)]
    pub state: OutgoingState,
}

impl Outgoing {
    pub(super) fn fail_as_lost(&mut self) {
        if !matches!(self.state, OutgoingState::Sent(_)) {
            self.state = OutgoingState::Failed {
                detail: LOST.to_owned(),
            };
        }
    }

    /// Whether it has files that the server does not have yet.
    pub const fn waits_for_files(&self) -> bool {
        !self.files.is_empty() && self.upload_ids.is_empty()
    }

    /// What the order of writing is sorted by. The time decides among those without a number only.
    pub fn order(&self) -> (i64, OffsetDateTime, String) {
        (self.number, self.created_at, self.client_id.clone())
    }
}

/// Why a message was not sent whose conversation the user has lost.
const LOST: &str = "You are not in this conversation any more.";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox(Vec<Outgoing>);

impl Outbox {
    pub fn iter(&self) -> impl Iterator<Item = &Outgoing> {
        self.0.iter()
    }

    pub fn of(&self, id: ConversationId) -> impl Iterator<Item = &Outgoing> {
        let all = self.0.iter();
        all.filter(move |outgoing| outgoing.conversation_id == id)
    }

    pub fn get(&self, client_id: &str) -> Option<&Outgoing> {
        self.0
            .iter()
            .find(|outgoing| outgoing.client_id == client_id)
    }

    /// Adds a message, unless its client id is there.
    pub fn push(&mut self, outgoing: Outgoing) {
        if self.get(&outgoing.client_id).is_none() {
            self.0.push(outgoing);
        }
    }

    /// Whether `take_due` would return a message.
    pub fn has_due(&self) -> bool {
        self.0.iter().any(|outgoing| self.is_due(outgoing))
    }

    fn is_due(&self, outgoing: &Outgoing) -> bool {
        outgoing.state == OutgoingState::Waiting
            && !outgoing.waits_for_files()
            && self
                .of(outgoing.conversation_id)
                .all(|other| other.state != OutgoingState::Sending)
    }

    /// The messages to persist: all that the server has not acknowledged. Those being sent wait again.
    pub fn unacknowledged(&self) -> Vec<Outgoing> {
        let all = self.0.iter().cloned();
        all.filter_map(|mut outgoing| match outgoing.state {
            OutgoingState::Sent(_) => None,
            OutgoingState::Sending => {
                outgoing.state = OutgoingState::Waiting;
                Some(outgoing)
            }
            _ => Some(outgoing),
        })
        .collect()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Marks the next message of each conversation that has none in flight as `Sending`, and returns
    /// them.
    pub fn take_due(&mut self) -> Vec<Outgoing> {
        let mut due: Vec<Outgoing> = Vec::new();
        for at in 0..self.0.len() {
            if self.is_due(&self.0[at]) {
                self.0[at].state = OutgoingState::Sending;
                due.push(self.0[at].clone());
            }
        }
        due
    }

    /// The server has acknowledged the message, or sent it back as an event. Returns whether it was here.
    pub fn acknowledge(&mut self, message: &Message) -> bool {
        let client_id = message.client_id.as_deref().unwrap_or_default();
        if let Some(outgoing) = self.get_mut(client_id)
            && outgoing.conversation_id == message.conversation_id
        {
            outgoing.state = OutgoingState::Sent(Arc::new(message.clone()));
            return true;
        }
        false
    }

    /// No acknowledgement came: the message waits for another attempt.
    pub fn postpone(&mut self, client_id: &str) {
        if let Some(outgoing) = self.get_mut(client_id)
            && outgoing.state == OutgoingState::Sending
        {
            outgoing.state = OutgoingState::Waiting;
        }
    }

    /// The server has rejected the message.
    pub fn fail(&mut self, client_id: &str, detail: String) {
        if let Some(outgoing) = self.get_mut(client_id)
            && outgoing.state == OutgoingState::Sending
        {
            outgoing.state = OutgoingState::Failed { detail };
        }
    }

    /// Lets a failed message be sent again.
    pub fn retry(&mut self, client_id: &str) {
        if let Some(outgoing) = self.get_mut(client_id)
            && matches!(outgoing.state, OutgoingState::Failed { .. })
        {
            outgoing.state = OutgoingState::Waiting;
            // What the server has of them by now is asked again.
            outgoing.upload_ids.clear();
        }
    }

    /// The messages that wait for their files.
    pub fn waiting_for_files(&self) -> impl Iterator<Item = &Outgoing> {
        let all = self.0.iter();
        all.filter(|it| it.state == OutgoingState::Waiting && it.waits_for_files())
    }

    /// The server has all files of a message.
    pub fn files_uploaded(&mut self, client_id: &str, ids: String) {
        if let Some(outgoing) = self.get_mut(client_id) {
            outgoing.upload_ids = ids;
        }
    }

    /// A file of a message is not taken, and so it is not sent.
    pub fn file_refused(&mut self, client_id: &str, detail: String) {
        if let Some(outgoing) = self.get_mut(client_id)
            && outgoing.state == OutgoingState::Waiting
        {
            outgoing.state = OutgoingState::Failed { detail };
        }
    }

    /// Removes the quote of a failed message: it may be what was refused.
    pub fn remove_quote(&mut self, client_id: &str) {
        if let Some(outgoing) = self.get_mut(client_id)
            && matches!(outgoing.state, OutgoingState::Failed { .. })
        {
            outgoing.reply_to = None;
        }
    }

    /// Removes a message and returns it.
    pub fn take(&mut self, client_id: &str) -> Option<Outgoing> {
        let all = self.0.iter();
        let at = all.enumerate().find(|(_, it)| it.client_id == client_id)?.0;
        Some(self.0.remove(at))
    }

    pub fn remove(&mut self, client_id: &str) {
        self.0.retain(|outgoing| outgoing.client_id != client_id);
    }

    /// The user has lost a conversation: what waits for it has failed. It stays, for the user to copy.
    pub(super) fn fail_conversation(&mut self, id: ConversationId) {
        let all = self.0.iter_mut();
        for outgoing in all.filter(|outgoing| outgoing.conversation_id == id) {
            outgoing.fail_as_lost();
        }
    }

    /// Removes acknowledged messages that the timeline has. `known` is the sequence number up to which a
    /// conversation is known. Returns whether there were any.
    pub(super) fn remove_settled(&mut self, known: impl Fn(ConversationId) -> i64) -> bool {
        let before = self.0.len();
        self.0.retain(|outgoing| match &outgoing.state {
            OutgoingState::Sent(message) => message.seq > known(outgoing.conversation_id),
            _ => true,
        });
        self.0.len() != before
    }

    fn get_mut(&mut self, client_id: &str) -> Option<&mut Outgoing> {
        let mut all = self.0.iter_mut();
        all.find(|outgoing| outgoing.client_id == client_id)
    }
}
