//! One conversation of the store, and what each event of its sequence changes in it.

use super::{
    changes::{Changes, Key},
    map::Map,
    timeline::{Timeline, update_quote},
};
use model::{ConversationId, ConversationSummary, Event, LastMessage, Member, Message, UserId};
use std::sync::Arc;

/// At most so many events, and so many messages, are buffered per conversation until their place is
/// known. A dropped event comes back by a `sync`, a dropped message with its page.
const MAX_BUFFERED: usize = 500;

/// Characters of the last message that a summary has, as on the server.
const MAX_PREVIEW_CHARS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConversationState {
    pub summary: ConversationSummary,
    /// The sequence number up to which all changes are applied.
    pub seq: i64,
    /// Events that came before their predecessors, by sequence number.
    buffered: Map<i64, Event>,
    /// Whether messages and members are shown or being requested, and not only the summary.
    pub watched: bool,
    pub timeline: Option<Timeline>,
    /// Changed messages outside of the timeline, by position: the page that brings them may be older.
    detached: Map<i64, Arc<Message>>,
    pub members: Option<Map<UserId, Member>>,
    /// Read and delivered positions of members that have not been loaded.
    pub receipts: Map<UserId, (i64, i64)>,
    pub typing: Map<UserId, ()>,
    /// Deleted messages above the read position, at most: they do not count as unread.
    pub deleted_unread: i64,
    /// What has changed since the store has last asked.
    pub changes: Changes,
}

impl ConversationState {
    pub fn new(summary: ConversationSummary) -> Self {
        Self {
            seq: summary.conversation.seq,
            deleted_unread: deleted_unread(&summary, summary.unread),
            summary,
            buffered: Map::default(),
            watched: false,
            timeline: None,
            detached: Map::default(),
            members: None,
            receipts: Map::default(),
            typing: Map::default(),
            changes: Changes::default(),
        }
    }

    pub fn changed(&mut self, key: fn(ConversationId) -> Key) {
        self.changes.add(key(self.summary.conversation.id));
    }

    /// Marks a member as typing, or as typing no longer.
    pub fn set_typing(&mut self, user_id: UserId, typing: bool) {
        let before = self.typing.len();
        if typing {
            self.typing.insert(user_id, ());
        } else {
            self.typing.remove(&user_id);
        }
        if self.typing.len() != before {
            self.changed(Key::Typing);
        }
    }

    pub fn clear_typing(&mut self) {
        if !self.typing.is_empty() {
            self.typing.clear();
            self.changed(Key::Typing);
        }
    }

    pub fn is_behind(&self) -> bool {
        !self.buffered.is_empty()
            || (self.summary.role.is_some() && self.seq < self.summary.conversation.seq)
    }

    pub fn has_newer(&self) -> bool {
        let timeline = self.timeline.as_ref();
        timeline.is_some_and(|timeline| timeline.last() < self.summary.conversation.position)
    }

    /// Takes a summary that was just read, unless an event overtook it. Messages and members follow by
    /// their own events.
    pub fn refresh(&mut self, mut summary: ConversationSummary) {
        if summary.conversation.seq < self.summary.conversation.seq {
            return;
        }
        self.deleted_unread = deleted_unread(&summary, summary.unread);
        summary.read_position = summary.read_position.max(self.summary.read_position);
        self.summary = summary;
        self.changed(Key::Head);
        self.changes.add(Key::Order);
        self.changes.add(Key::Titles);
        self.changes.add(Key::Unread);
        self.recount();
        if !self.watched {
            self.advance_seq(self.summary.conversation.seq);
        }
    }

    /// Applies an event in order: at once, after its predecessors, or not at all if it is known.
    pub fn apply(&mut self, seq: i64, event: Event, me: UserId) {
        if seq <= self.seq {
            return;
        }
        if self.buffered.len() < MAX_BUFFERED || seq == self.seq + 1 {
            self.buffered.insert(seq, event);
        }
        self.apply_buffered(me);
    }

    /// Applies an event of a `sync`. Sequence numbers that are skipped were overtaken by later changes.
    pub fn apply_synced(&mut self, seq: i64, event: Event, me: UserId) {
        if seq >= self.seq {
            self.change(seq, event, me);
            self.advance_seq(seq);
        }
        self.apply_buffered(me);
    }

    fn apply_buffered(&mut self, me: UserId) {
        while let Some(event) = self.buffered.remove(&(self.seq + 1)) {
            let seq = self.seq + 1;
            self.change(seq, event, me);
            self.advance_seq(seq);
        }
    }

    fn advance_seq(&mut self, seq: i64) {
        self.seq = self.seq.max(seq);
        self.buffered.retain(|buffered, _| *buffered > self.seq);
    }

    fn change(&mut self, seq: i64, event: Event, me: UserId) {
        // A message that was written and deleted meanwhile comes once, as created with a time of deletion.
        if let Event::MessageDeleted { message, .. } | Event::MessageCreated { message, .. } =
            &event
            && message.deleted_at.is_some()
            && seq > self.summary.conversation.seq
            && message.position > self.summary.read_position
        {
            self.deleted_unread += 1;
        }
        match event {
            Event::MessageCreated { message, .. }
            | Event::MessageUpdated { message, .. }
            | Event::MessageDeleted { message, .. } => self.place_message(Arc::new(message), me),
            Event::ConversationCreated { conversation, .. } => self.refresh(conversation),
            Event::ConversationUpdated { conversation, .. } => {
                let known = &mut self.summary.conversation;
                known.title = conversation.title;
                known.description = conversation.description;
                known.private = conversation.private;
                self.changes.add(Key::Titles);
            }
            Event::MemberAdded { member, .. } => self.add_member(seq, member, me),
            Event::MemberUpdated { member, .. } => self.update_member(member, me),
            Event::MemberRemoved { user_id, .. } => self.drop_member(seq, user_id),
            _ => {}
        }
        let known = &mut self.summary.conversation;
        known.seq = known.seq.max(seq);
        self.changed(Key::Head);
        self.recount();
    }

    /// Puts a message into the timeline or beside it, and updates the quotes of it.
    fn place_message(&mut self, message: Arc<Message>, me: UserId) {
        let position = message.position;
        if position > self.summary.conversation.position {
            self.summary.conversation.position = position;
            self.set_typing(message.sender.id, false);
        }
        // A sender has read what came before: the server implies it, too.
        self.advance(message.sender.id, position, position, me);
        if self
            .summary
            .last_message
            .as_ref()
            .is_none_or(|last| last.position <= position)
        {
            self.summary.last_message = Some(last_message(&message));
        }
        if let Some(timeline) = &mut self.timeline {
            for id in timeline.update_quotes(&message) {
                self.changes.add(Key::Message(id));
            }
        }
        for other in self.detached.values_mut() {
            update_quote(other, &message);
        }
        self.detached.insert(position, message);
        self.fill_timeline();
        while self.detached.len() > MAX_BUFFERED {
            self.detached.pop_first();
        }
    }

    /// Moves detached messages into the timeline as far as they leave no hole.
    fn fill_timeline(&mut self) {
        let Some(timeline) = &self.timeline else {
            return;
        };
        let first = timeline.first().unwrap_or(1);
        let detached = self.detached.iter().map(|(at, _)| *at);
        let within: Vec<i64> = detached.filter(|at| *at >= first).collect();
        for position in within {
            let accepts = |timeline: &Timeline| timeline.accepts(position);
            if !self.timeline.as_ref().is_some_and(accepts) {
                break;
            }
            if let Some(message) = self.detached.remove(&position) {
                self.insert(message);
            }
        }
    }

    /// Inserts a message into the timeline. A new one may end the group of the next one.
    fn insert(&mut self, message: Arc<Message>) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        let (id, position) = (message.id, message.position);
        let is_new = timeline.at(position).is_none();
        timeline.insert(message);
        let next = timeline.at(position + 1).filter(|_| is_new);
        if let Some(next) = next.map(|next| next.id) {
            self.changes.add(Key::Message(next));
        }
        self.changes.add(Key::Message(id));
        if is_new {
            self.changed(Key::Rows);
        }
    }

    /// Adds a page of messages. One that does not touch the timeline replaces it if `replace`, and is
    /// dropped otherwise.
    pub fn add_page(&mut self, page: Vec<Message>, replace: bool, me: UserId) {
        let page: Vec<_> = page.into_iter().map(Arc::new).collect();
        let touches = self
            .timeline
            .as_ref()
            .is_some_and(|timeline| timeline.touches(&page));
        if !touches {
            if !replace {
                return;
            }
            self.timeline = None;
        }
        self.changed(Key::Rows);
        self.timeline.get_or_insert_with(|| Timeline::new(me));
        for mut message in page {
            // The quoted message in the timeline may be newer than this page.
            if let Some(id) = message.reply_to.as_ref().map(|reply| reply.id)
                && let Some(quoted) = self.timeline.as_ref().and_then(|it| it.by_id(id).cloned())
            {
                update_quote(&mut message, &quoted);
            }
            self.insert(message);
        }
        self.fill_timeline();
    }

    /// Takes what the server has counted. Only what is deleted can be less than was thought, after a part
    /// was read; a message that came meanwhile may be counted or not.
    pub fn take_counts(&mut self, unread: i64, mentions: i64) {
        self.summary.mentions = mentions;
        self.changed(Key::Head);
        let deleted = deleted_unread(&self.summary, unread);
        self.deleted_unread = self.deleted_unread.min(deleted);
        self.recount();
    }

    /// Computes the unread count: a difference of two positions, without deleted messages.
    pub fn recount(&mut self) {
        let summary = &mut self.summary;
        let before = summary.unread;
        let above = summary.conversation.position - summary.read_position;
        if above <= 0 {
            self.deleted_unread = 0;
        }
        summary.unread = match summary.role {
            Some(_) => (above - self.deleted_unread).max(0),
            None => 0,
        };
        if summary.unread == 0 {
            summary.mentions = 0;
        }
        if summary.unread != before {
            self.changes.add(Key::Unread);
            self.changed(Key::Head);
        }
    }
}

/// The deleted messages above the read position, where so many are unread.
fn deleted_unread(summary: &ConversationSummary, unread: i64) -> i64 {
    (summary.conversation.position - summary.read_position - unread).max(0)
}

fn last_message(message: &Message) -> LastMessage {
    LastMessage {
        id: message.id,
        position: message.position,
        sender: message.sender.clone(),
        kind: message.kind,
        body: message.body.chars().take(MAX_PREVIEW_CHARS).collect(),
        created_at: message.created_at,
        deleted_at: message.deleted_at,
    }
}
