//! One conversation as the browser has it, and what each event of its sequence changes in it.

use super::{
    map::Map,
    timeline::{Timeline, requote},
};
use model::{ConversationSummary, Event, LastMessage, Member, Message, UserId};
use std::sync::Arc;

/// How many events and messages are kept that cannot be placed yet. What falls out comes back by
/// a `sync` or with its page.
const KEPT: usize = 500;

/// As many characters of the newest message as a head has.
const PREVIEW: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConversationState {
    pub head: ConversationSummary,
    /// Every change up to this one is in here.
    pub seq: i64,
    /// Changes that came before their predecessors.
    early: Map<i64, Event>,
    /// Whether somebody looks at more than the head, or is about to.
    pub watched: bool,
    pub timeline: Option<Timeline>,
    /// Messages that changed outside of the timeline: the page that brings them may be older.
    aside: Map<i64, Arc<Message>>,
    pub members: Option<Map<UserId, Member>>,
    /// Read and delivered positions of members that are not known yet.
    pub receipts: Map<UserId, (i64, i64)>,
    pub typing: Map<UserId, ()>,
}

impl ConversationState {
    pub fn new(head: ConversationSummary) -> Self {
        Self {
            seq: head.conversation.seq,
            head,
            early: Map::default(),
            watched: false,
            timeline: None,
            aside: Map::default(),
            members: None,
            receipts: Map::default(),
            typing: Map::default(),
        }
    }

    pub fn is_behind(&self) -> bool {
        !self.early.is_empty()
            || (self.head.role.is_some() && self.seq < self.head.conversation.seq)
    }

    pub fn has_newer(&self) -> bool {
        let timeline = self.timeline.as_ref();
        timeline.is_some_and(|timeline| timeline.last() < self.head.conversation.position)
    }

    /// A head that was just read. All else catches up by the sequence.
    pub fn refresh(&mut self, mut head: ConversationSummary) {
        if head.conversation.seq < self.head.conversation.seq {
            return;
        }
        head.read_position = head.read_position.max(self.head.read_position);
        self.head = head;
        self.recount();
        if !self.watched {
            self.reach(self.head.conversation.seq);
        }
    }

    /// Takes an event in its turn: now, later, or never again.
    pub fn take(&mut self, seq: i64, event: Event, me: UserId) {
        if seq <= self.seq {
            return;
        }
        if self.early.len() < KEPT || seq == self.seq + 1 {
            self.early.insert(seq, event);
        }
        self.take_early(me);
    }

    /// Takes an event of a `sync`: what was between is in its other events.
    pub fn take_synced(&mut self, seq: i64, event: Event, me: UserId) {
        if seq >= self.seq {
            self.change(seq, event, me);
            self.reach(seq);
        }
        self.take_early(me);
    }

    fn take_early(&mut self, me: UserId) {
        while let Some(event) = self.early.remove(&(self.seq + 1)) {
            let seq = self.seq + 1;
            self.change(seq, event, me);
            self.reach(seq);
        }
    }

    fn reach(&mut self, seq: i64) {
        self.seq = self.seq.max(seq);
        self.early.retain(|early, _| *early > self.seq);
    }

    fn change(&mut self, seq: i64, event: Event, me: UserId) {
        match event {
            Event::MessageCreated { message, .. }
            | Event::MessageUpdated { message, .. }
            | Event::MessageDeleted { message, .. } => self.place(Arc::new(message), me),
            Event::ConversationCreated { conversation, .. } => self.refresh(conversation),
            Event::ConversationUpdated { conversation, .. } => {
                let ours = &mut self.head.conversation;
                ours.title = conversation.title;
                ours.description = conversation.description;
                ours.private = conversation.private;
            }
            Event::MemberAdded { member, .. } => self.add_member(seq, member, me),
            Event::MemberUpdated { member, .. } => self.update_member(member, me),
            Event::MemberRemoved { user_id, .. } => self.drop_member(seq, user_id),
            _ => {}
        }
        let ours = &mut self.head.conversation;
        ours.seq = ours.seq.max(seq);
        self.recount();
    }

    /// Puts a message where it belongs, and shows it wherever it is quoted.
    fn place(&mut self, message: Arc<Message>, me: UserId) {
        let position = message.position;
        if position > self.head.conversation.position {
            self.head.conversation.position = position;
            self.typing.remove(&message.sender.id);
        }
        // Whoever writes has read what came before.
        self.advance(message.sender.id, position, position, me);
        if self
            .head
            .last_message
            .as_ref()
            .is_none_or(|last| last.position <= position)
        {
            self.head.last_message = Some(last_message(&message));
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.requote(&message);
        }
        for other in self.aside.values_mut() {
            requote(other, &message);
        }
        self.aside.insert(position, message);
        self.fill();
        while self.aside.len() > KEPT {
            self.aside.pop_first();
        }
    }

    /// Moves into the timeline what has its place there.
    fn fill(&mut self) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        let first = timeline.first().unwrap_or(1);
        let known = self.aside.iter().map(|(at, _)| *at);
        let within: Vec<i64> = known.filter(|at| *at >= first).collect();
        for position in within {
            if !timeline.takes(position) {
                break;
            }
            if let Some(message) = self.aside.remove(&position) {
                timeline.put(message);
            }
        }
    }

    /// A page of messages that was just read. One that does not touch what is known replaces it,
    /// or is left out.
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
        let timeline = self.timeline.get_or_insert_with(|| Timeline::new(me));
        for mut message in page {
            // What is known of the quoted message may be newer than this page.
            if let Some(id) = message.reply_to.as_ref().map(|reply| reply.id)
                && let Some(quoted) = timeline.by_id(id).cloned()
            {
                requote(&mut message, &quoted);
            }
            timeline.put(message);
        }
        self.fill();
    }

    /// Unread derives from two positions.
    pub fn recount(&mut self) {
        let head = &mut self.head;
        head.unread = match head.role {
            Some(_) => (head.conversation.position - head.read_position).max(0),
            None => 0,
        };
        if head.unread == 0 {
            head.mentions = 0;
        }
    }
}

fn last_message(message: &Message) -> LastMessage {
    LastMessage {
        id: message.id,
        position: message.position,
        sender: message.sender.clone(),
        kind: message.kind,
        body: message.body.chars().take(PREVIEW).collect(),
        created_at: message.created_at,
        deleted_at: message.deleted_at,
    }
}
