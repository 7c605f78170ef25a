//! One conversation of the store, and what each event of its sequence changes in it.

use super::{
    changes::{Changes, Key},
    lane::{KnownThreads, Lane},
    map::Map,
    missed::MissedState,
    open_thread::{Arrival, OpenThread},
    timeline::Stretch,
};
use model::{
    ConversationId, ConversationSummary, Event, LastMessage, Member, Message, MessageId, UserId,
};
use std::sync::Arc;

/// At most so many events are buffered per conversation until their place is known. A dropped one comes
/// back by a `sync`.
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
    /// What is not in threads only.
    pub main: Lane,
    /// The threads that have been opened, by their roots.
    pub threads: Map<MessageId, OpenThread>,
    pub known_threads: KnownThreads,
    /// The pinned messages, once they have been loaded.
    pub pins: Option<Map<MessageId, Arc<Message>>>,
    /// Replies that have arrived since the store has last asked.
    pub arrivals: Vec<Arrival>,
    pub members: Option<Map<UserId, Member>>,
    /// Read and delivered positions of members that have not been loaded.
    pub receipts: Map<UserId, (i64, i64)>,
    /// Who is typing, and in which thread.
    pub typing: Map<UserId, Option<MessageId>>,
    /// Messages above the read position that do not count as unread, at most: what is deleted, and what is
    /// in threads only.
    pub uncounted: i64,
    /// Whether the user has marked messages as unread, and has not opened the conversation anew since.
    pub is_marked_unread: bool,
    /// The read position that the server has told last. One that begins where messages were marked as unread is a new
    /// mark where it is before this one, and otherwise says that what was marked is being read.
    told_read_position: i64,
    pub missed: MissedState,
    /// What has changed since the store has last asked.
    pub changes: Changes,
}

impl ConversationState {
    pub fn new(summary: ConversationSummary) -> Self {
        Self {
            seq: summary.conversation.seq,
            uncounted: uncounted(&summary, summary.unread),
            main: Lane::main(summary.conversation.id),
            threads: Map::default(),
            known_threads: KnownThreads::default(),
            pins: None,
            arrivals: Vec::new(),
            is_marked_unread: false,
            told_read_position: summary.read_position,
            summary,
            buffered: Map::default(),
            watched: false,
            members: None,
            receipts: Map::default(),
            typing: Map::default(),
            missed: MissedState::default(),
            changes: Changes::default(),
        }
    }

    pub fn changed(&mut self, key: fn(ConversationId) -> Key) {
        self.changes.add(key(self.summary.conversation.id));
    }

    /// Marks a member as typing, in the main line or in a thread.
    pub fn set_typing(&mut self, user_id: UserId, thread: Option<MessageId>) {
        if self.typing.insert(user_id, thread) != Some(thread) {
            self.changed(Key::Typing);
        }
    }

    /// Marks a member as typing no longer.
    pub fn end_typing(&mut self, user_id: UserId) {
        if self.typing.remove(&user_id).is_some() {
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
        let timeline = self.main.timeline.as_ref();
        timeline.is_some_and(|timeline| timeline.last() < self.summary.conversation.position)
    }

    /// Takes a summary that was just read, unless an event overtook it. Messages and members follow by
    /// their own events.
    pub fn refresh(&mut self, mut summary: ConversationSummary) {
        if summary.conversation.seq < self.summary.conversation.seq {
            return;
        }
        self.uncounted = uncounted(&summary, summary.unread);
        self.told_read_position = summary.read_position;
        if !self.is_marked_unread {
            summary.read_position = summary.read_position.max(self.summary.read_position);
        }
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
        if seq > self.summary.conversation.seq && self.is_uncounted(&event, me) {
            self.uncounted += 1;
        }
        if let Event::MessageCreated { message, .. } = &event
            && seq > self.summary.conversation.seq
        {
            self.arrivals.extend(Arrival::of(message));
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
                known.picture_url = conversation.picture_url;
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

    /// Whether an event takes a message out of those that count as unread. One that is in a thread only
    /// never counts, and neither does an own one after a mark: its deletion changes nothing.
    fn is_uncounted(&self, event: &Event, me: UserId) -> bool {
        let (message, is_deletion) = match event {
            Event::MessageCreated { message, .. } => (message, false),
            Event::MessageDeleted { message, .. } => (message, true),
            Event::MessageUpdated { message, .. } if !message.is_in_main_line() => (message, true),
            _ => return false,
        };
        if message.position <= self.summary.read_position {
            return false;
        }
        if message.is_in_main_line() {
            // One that was written and deleted meanwhile comes once, as created with a time of deletion.
            return message.deleted_at.is_some() && !(is_deletion && message.sender.id == me);
        }
        !is_deletion || message.position > self.summary.conversation.position
    }

    /// Puts a message into its lanes, and updates the quotes of it.
    fn place_message(&mut self, mut message: Arc<Message>, me: UserId) {
        let position = message.position;
        let is_new = position > self.summary.conversation.position;
        if is_new {
            self.summary.conversation.position = position;
            self.end_typing(message.sender.id);
        }
        // A sender has read what came before: the server implies it, too. But a change of an earlier message leaves
        // what the user has marked as unread.
        if message.is_in_main_line() && (is_new || !self.is_marked_unread) {
            if message.sender.id == me {
                self.told_read_position = self.told_read_position.max(position);
            }
            self.advance(message.sender.id, position, position, me);
        }
        if self
            .summary
            .last_message
            .as_ref()
            .is_none_or(|last| last.position <= position)
        {
            self.summary.last_message = Some(last_message(&message));
        }
        self.learn_thread(&mut message);
        self.place_reply(&message);
        self.place_pin(&message);
        self.main.place(message, &mut self.changes);
    }

    /// Adds a page of messages. One that does not touch the timeline replaces it if `replace`, and is
    /// dropped otherwise.
    pub fn add_page(&mut self, mut page: Stretch, replace: bool, me: UserId) {
        for message in &mut page.messages {
            if let Some(thread) = self.known_threads.newer(message) {
                message.thread = Some(thread.clone());
            }
        }
        self.main.add_page(page, replace, me, &mut self.changes);
    }

    /// Takes what the server has counted after a position, of which it says whether a mark is before it.
    pub fn take_unread(
        &mut self,
        read_position: Option<i64>,
        is_marked: bool,
        unread: i64,
        mentions: i64,
        me: UserId,
    ) {
        let position = read_position.unwrap_or(0);
        let is_new_mark = is_marked && position < self.told_read_position;
        if is_new_mark {
            return self.mark_unread(position, unread, mentions);
        }
        self.told_read_position = read_position.unwrap_or(self.told_read_position);
        // What was marked may be read on another device, while it stays unread here until the conversation is opened anew.
        let stays_marked = self.is_marked_unread && is_marked;
        self.advance(me, position, 0, me);
        self.take_counts(unread, mentions);
        self.is_marked_unread = stays_marked;
    }

    /// Takes what the server has counted. Only what does not count can be less than was thought, after a part
    /// was read; a message that came meanwhile may be counted or not.
    fn take_counts(&mut self, unread: i64, mentions: i64) {
        self.is_marked_unread = false;
        self.set_mentions(mentions);
        self.changed(Key::Head);
        self.uncounted = self.uncounted.min(uncounted(&self.summary, unread));
        self.recount();
    }

    /// Counts from where the user has marked messages as unread, as the server does.
    pub fn mark_unread(&mut self, read_position: i64, unread: i64, mentions: i64) {
        self.is_marked_unread = true;
        self.told_read_position = read_position;
        self.summary.read_position = read_position;
        self.set_mentions(mentions);
        self.uncounted = uncounted(&self.summary, unread);
        self.changed(Key::Head);
        self.recount();
    }

    /// The title of the page counts them in conversations that are muted.
    fn set_mentions(&mut self, mentions: i64) {
        if self.summary.mentions != mentions {
            self.summary.mentions = mentions;
            self.changes.add(Key::Unread);
        }
    }

    /// Computes the unread count: a difference of two positions, without what does not count.
    pub fn recount(&mut self) {
        let summary = &mut self.summary;
        let before = summary.unread;
        let above = summary.conversation.position - summary.read_position;
        if above <= 0 {
            self.uncounted = 0;
        }
        summary.unread = match summary.role {
            Some(_) => (above - self.uncounted).max(0),
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

/// The messages above the read position that do not count, where so many are unread.
fn uncounted(summary: &ConversationSummary, unread: i64) -> i64 {
    (summary.conversation.position - summary.read_position - unread).max(0)
}

fn last_message(message: &Message) -> LastMessage {
    LastMessage {
        id: message.id,
        position: message.position,
        sender: message.sender.clone(),
        kind: message.kind,
        body: message.body.chars().take(MAX_PREVIEW_CHARS).collect(),
        preview: message.preview.clone(),
        created_at: message.created_at,
        deleted_at: message.deleted_at,
    }
}
