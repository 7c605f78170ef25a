//! A lane: a timeline that pages and events fill, and the changed messages that have no place in it yet.

use super::{
    changes::{Changes, Key},
    map::Map,
    timeline::{Line, Stretch, Timeline, update_quote},
};
use model::{ConversationId, Message, MessageId, UserId};
use std::sync::Arc;

/// At most so many messages wait for their page. One that is dropped comes back with it.
const MAX_DETACHED: usize = 500;

/// Of so many roots that are not loaded, what events have said of their threads is kept.
const MAX_THREADS: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    line: Line,
    /// What is notified when another message is in it.
    key: Key,
    pub timeline: Option<Timeline>,
    /// Changed messages outside of the timeline, by number: the page that brings them may be older.
    detached: Map<i64, Arc<Message>>,
}

impl Lane {
    pub fn main(id: ConversationId) -> Self {
        Self::new(Line::Main, Key::Rows(id))
    }

    /// Without replies, before its first page: those that wait to be sent are shown.
    pub fn thread(root: MessageId, me: UserId) -> Self {
        Self {
            timeline: Some(Timeline::new(me, Line::Thread)),
            ..Self::new(Line::Thread, Key::Replies(root))
        }
    }

    fn new(line: Line, key: Key) -> Self {
        Self {
            line,
            key,
            timeline: None,
            detached: Map::default(),
        }
    }

    /// Puts a message into the timeline or beside it, and updates the quotes of it.
    pub fn place(&mut self, message: Arc<Message>, changes: &mut Changes) {
        self.update_quotes(&message, changes);
        // In the main line, one of a thread only is the next after the last as any other: without a row.
        let at = match self.line {
            Line::Main => message.position,
            Line::Thread => message.thread_position.unwrap_or_default(),
        };
        self.detached.insert(at, message);
        self.fill(changes);
        while self.detached.len() > MAX_DETACHED {
            self.detached.pop_first();
        }
    }

    pub fn update_quotes(&mut self, message: &Message, changes: &mut Changes) {
        if let Some(timeline) = &mut self.timeline {
            for id in timeline.update_quotes(message) {
                changes.add(Key::Message(id));
            }
        }
        for other in self.detached.values_mut() {
            update_quote(other, message);
        }
    }

    /// Moves detached messages into the timeline as far as they leave no hole.
    fn fill(&mut self, changes: &mut Changes) {
        let Some(timeline) = &self.timeline else {
            return;
        };
        let first = timeline.first().unwrap_or(1);
        let detached = self.detached.iter().map(|(at, _)| *at);
        let within: Vec<i64> = detached.filter(|at| *at >= first).collect();
        for at in within {
            let accepts = |timeline: &Timeline| timeline.accepts(at);
            if !self.timeline.as_ref().is_some_and(accepts) {
                break;
            }
            if let Some(message) = self.detached.remove(&at) {
                self.insert(at, message, changes);
            }
        }
    }

    /// Inserts a message into the timeline. A new one may end the group of the next one.
    fn insert(&mut self, at: i64, message: Arc<Message>, changes: &mut Changes) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        if Timeline::number(self.line, &message).is_none() {
            timeline.cover(at, at);
            return;
        }
        let (id, is_new) = (message.id, timeline.at(at).is_none());
        timeline.insert(at, message);
        let next = timeline.after(at).filter(|_| is_new);
        if let Some(next) = next.map(|next| next.id) {
            changes.add(Key::Message(next));
        }
        changes.add(Key::Message(id));
        if is_new {
            changes.add(self.key);
        }
    }

    /// Adds a page of messages. One that does not touch the timeline replaces it if `replace`, and is
    /// dropped otherwise.
    pub fn add_page(&mut self, page: Stretch, replace: bool, me: UserId, changes: &mut Changes) {
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
        changes.add(self.key);
        let timeline = self
            .timeline
            .get_or_insert_with(|| Timeline::new(me, self.line));
        if !page.is_empty() {
            timeline.cover(page.first, page.last);
        }
        for message in page.messages {
            let mut message = Arc::new(message);
            // The quoted message in the timeline may be newer than this page.
            if let Some(id) = message.reply_to.as_ref().map(|reply| reply.id)
                && let Some(quoted) = self.timeline.as_ref().and_then(|it| it.by_id(id).cloned())
            {
                update_quote(&mut message, &quoted);
            }
            if let Some(at) = Timeline::number(self.line, &message) {
                self.insert(at, message, changes);
            }
        }
        self.fill(changes);
    }

    pub fn by_id(&self, id: MessageId) -> Option<&Arc<Message>> {
        self.timeline.as_ref()?.by_id(id)
    }

    /// A message that is loaded, in the timeline or beside it.
    pub fn loaded_mut(&mut self, id: MessageId) -> Option<&mut Arc<Message>> {
        let timeline = self.timeline.as_mut();
        let detached = &mut self.detached;
        timeline
            .and_then(|timeline| timeline.by_id_mut(id))
            .or_else(|| detached.values_mut().find(|message| message.id == id))
    }
}

/// What events have said of threads: of two states, the one with the higher number is newer. The root does
/// not change with its thread, so a page that is older than an event may bring it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KnownThreads(Map<MessageId, model::Thread>);

impl KnownThreads {
    pub fn learn(&mut self, thread: &model::Thread) {
        let known = self.0.get(&thread.id);
        if known.is_none_or(|known| known.seq < thread.seq) {
            self.0.insert(thread.id, thread.clone());
            if self.0.len() > MAX_THREADS {
                self.0.pop_first();
            }
        }
    }

    /// The state of the thread of a message, where it is newer than the one that the message has.
    pub fn newer(&self, root: &Message) -> Option<&model::Thread> {
        let known = self.0.get(&root.id)?;
        let is_newer = root.thread.as_ref().is_none_or(|it| it.seq < known.seq);
        is_newer.then_some(known)
    }
}
