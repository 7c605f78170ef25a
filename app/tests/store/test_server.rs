//! A fake server with one group: numbers its changes and answers `sync`.

use crate::users::{ADA, GRACE, LINUS, START, member, sender_of, user};
use app::store::{InitialState, OpenConversation};
use model::{
    Account, Conversation, ConversationId, ConversationKind, ConversationSummary, Event, Member,
    MemberRole, Message, MessageId, MessageKind, Page, Poll, Reaction, Reply, Sync, SyncRequest,
    UserId,
};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

pub const GROUP: ConversationId = ConversationId(7);

/// What the change feed has one entry of, its latest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FeedKey {
    Message(i64),
    Member(UserId),
    Conversation,
}

pub struct TestServer {
    pub conversation: Conversation,
    pub messages: Vec<Message>,
    members: BTreeMap<UserId, Member>,
    latest: BTreeMap<FeedKey, Event>,
    pub now: OffsetDateTime,
    /// All events, in order.
    pub events: Vec<Event>,
}

impl TestServer {
    /// Ada, who is the user of the store, and Grace have sent `count` messages.
    pub fn with_messages(count: i64) -> Self {
        let mut server = Self {
            conversation: Conversation {
                id: GROUP,
                kind: ConversationKind::Group,
                title: Some("Engines".to_owned()),
                description: None,
                private: true,
                position: 0,
                seq: 1,
                member_count: 2,
                created_at: START,
                picture_url: None,
            },
            messages: Vec::new(),
            members: BTreeMap::new(),
            latest: BTreeMap::new(),
            now: START,
            events: Vec::new(),
        };
        for id in [ADA, GRACE] {
            server.members.insert(id, member(id));
        }
        for n in 0..count {
            server.send(if n % 2 == 0 { GRACE } else { ADA }, "earlier", None);
        }
        server.events.clear();
        server
    }

    pub fn summary(&self) -> ConversationSummary {
        ConversationSummary {
            conversation: self.conversation.clone(),
            role: Some(MemberRole::Owner),
            peer: None,
            read_position: self.conversation.position,
            unread: 0,
            unread_in_threads: 0,
            mentions: 0,
            last_message: self.messages.last().map(|last| model::LastMessage {
                id: last.id,
                position: last.position,
                sender: last.sender.clone(),
                kind: last.kind,
                body: last.body.clone(),
                preview: None,
                created_at: last.created_at,
                deleted_at: last.deleted_at,
            }),
        }
    }

    pub fn ready(&self) -> Event {
        Event::Ready {
            user: Account {
                user: user(ADA),
                email: None,
                presence_choice: model::PresenceChoice::Online,
            },
            conversations: vec![self.summary()],
            presence: Vec::new(),
        }
    }

    /// The initial state with the group open and its newest `count` messages loaded.
    pub fn initial(&self, count: usize) -> InitialState {
        let from = self.messages.len().saturating_sub(count);
        InitialState {
            favorites: Vec::new(),
            muted: Vec::new(),
            ready: self.ready(),
            open: Some(OpenConversation {
                summary: self.summary(),
                members: self.members.values().cloned().collect(),
                page: Page {
                    items: self.messages[from..].to_vec(),
                    next_cursor: None,
                },
                is_newest: true,
            }),
        }
    }

    /// The response to `sync`, with at most `limit` changes.
    pub fn sync(&self, request: &SyncRequest, limit: usize) -> Sync {
        let after = request.conversations[&GROUP];
        let seq_of = |event: &Event| event.seq().map_or(0, |(_, seq)| seq);
        let mut items: Vec<_> = self.latest.values().cloned().collect();
        items.retain(|event| seq_of(event) > after);
        items.sort_by_key(seq_of);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Sync {
            items,
            has_more,
            ..Sync::default()
        }
    }

    pub fn send(&mut self, sender: UserId, body: &str, reply_to: Option<i64>) -> Event {
        self.now += Duration::minutes(1);
        self.conversation.position += 1;
        let position = self.conversation.position;
        let message = Message {
            id: MessageId(1000 + position),
            conversation_id: GROUP,
            position,
            seq: 0,
            sender: sender_of(sender),
            kind: MessageKind::Text,
            body: body.to_owned(),
            html: None,
            preview: None,
            entities: Vec::new(),
            names: model::Names::default(),
            reply_to: reply_to.map(|at| self.quote(at)),
            attachments: Vec::new(),
            link_previews: Vec::new(),
            link_previews_html: None,
            reactions: Vec::new(),
            official: false,
            thread_id: None,
            thread_position: None,
            also_to_conversation: false,
            thread: None,
            pinned: None,
            forwarded: None,
            poll: None,
            client_id: Some(format!("{sender}-{position}")),
            created_at: self.now,
            edited_at: None,
            deleted_at: None,
        };
        self.messages.push(message);
        self.advance(sender, position);
        self.record_message(position, |conversation_id, seq, message| {
            Event::MessageCreated {
                conversation_id,
                seq,
                message,
            }
        })
    }

    /// A reply in the thread of the message at `root`, which is in the main line as well if `also`.
    pub fn reply(&mut self, sender: UserId, root: i64, body: &str, also: bool) -> Event {
        let read = self.members[&sender].read_position;
        self.send(sender, body, Some(root));
        let position = self.conversation.position;
        // The event is another one.
        self.events.pop();
        self.conversation.seq -= 1;
        if !also && let Some(member) = self.members.get_mut(&sender) {
            member.read_position = read;
        }
        let thread_id = MessageId(1000 + root);
        let in_thread = |message: &&Message| message.thread_id == Some(thread_id);
        let number = 1 + i64::try_from(self.messages.iter().filter(in_thread).count()).unwrap();
        let thread = model::Thread {
            id: thread_id,
            conversation_id: GROUP,
            position: number,
            seq: self.conversation.seq + 1,
            reply_count: number,
            last_reply_at: Some(self.now),
            participants: vec![sender_of(sender)],
        };
        self.at(root).thread = Some(thread.clone());
        let reply = self.at(position);
        reply.thread_id = Some(thread_id);
        reply.thread_position = Some(number);
        reply.also_to_conversation = also;
        reply.thread = Some(thread);
        self.record_message(position, |conversation_id, seq, message| {
            Event::MessageCreated {
                conversation_id,
                seq,
                message,
            }
        })
    }

    /// The main line after a position, as a page of at most `limit`.
    pub fn main_line(&self, after: i64, limit: usize) -> Vec<Message> {
        let after = self.messages.iter().filter(|it| it.position > after);
        let main = after.filter(|message| message.is_in_main_line());
        main.take(limit).cloned().collect()
    }

    /// The replies in the thread of the message at `root`, from a number on.
    pub fn replies(&self, root: i64, from: i64) -> Vec<Message> {
        let thread_id = Some(MessageId(1000 + root));
        let replies = self.messages.iter().filter(|it| it.thread_id == thread_id);
        let after = replies.filter(|it| it.thread_position >= Some(from));
        after.cloned().collect()
    }

    /// What the user has of the thread of the message at `root`, which they follow.
    pub fn thread(&self, root: i64, read_position: i64, unread: i64) -> model::ThreadDetails {
        model::ThreadDetails {
            root: self.messages[usize::try_from(root - 1).unwrap()].clone(),
            state: model::ThreadState {
                conversation_id: GROUP,
                thread_id: MessageId(1000 + root),
                following: true,
                read_position,
                unread,
                mentions: 0,
            },
        }
    }

    pub fn edit(&mut self, position: i64, body: &str) -> Event {
        let message = self.at(position);
        body.clone_into(&mut message.body);
        message.edited_at = Some(message.created_at + Duration::hours(1));
        self.record_message(position, updated)
    }

    pub fn react(&mut self, position: i64, emoji: &str) -> Event {
        self.at(position).reactions = vec![Reaction {
            emoji: emoji.to_owned(),
            count: 1,
            user_ids: vec![GRACE],
        }];
        self.record_message(position, updated)
    }

    /// The cards of the links of a message, or none any more.
    pub fn preview(&mut self, position: i64, html: Option<&str>) -> Event {
        self.at(position).link_previews_html = html.map(str::to_owned);
        self.record_message(position, updated)
    }

    /// Makes the message the poll, or changes its votes.
    pub fn poll(&mut self, position: i64, poll: Poll) -> Event {
        self.at(position).poll = Some(poll);
        self.record_message(position, updated)
    }

    pub fn delete(&mut self, position: i64) -> Event {
        let message = self.at(position);
        message.body.clear();
        message.deleted_at = Some(message.created_at + Duration::hours(2));
        self.record_message(position, |conversation_id, seq, message| {
            Event::MessageDeleted {
                conversation_id,
                seq,
                message,
            }
        })
    }

    /// Adds Linus, or removes him if he is a member.
    pub fn toggle_linus(&mut self) -> Event {
        let seq = self.next_seq();
        let event = if self.members.remove(&LINUS).is_some() {
            self.conversation.member_count -= 1;
            Event::MemberRemoved {
                conversation_id: GROUP,
                seq,
                user_id: LINUS,
            }
        } else {
            let mut linus = member(LINUS);
            linus.read_position = self.conversation.position;
            linus.delivered_position = self.conversation.position;
            self.members.insert(LINUS, linus.clone());
            self.conversation.member_count += 1;
            Event::MemberAdded {
                conversation_id: GROUP,
                seq,
                member: linus,
            }
        };
        self.record(FeedKey::Member(LINUS), event)
    }

    pub fn rename(&mut self, title: &str) -> Event {
        let seq = self.next_seq();
        self.conversation.title = Some(title.to_owned());
        let event = Event::ConversationUpdated {
            conversation_id: GROUP,
            seq,
            conversation: self.conversation.clone(),
        };
        self.record(FeedKey::Conversation, event)
    }

    /// A sender has read what came before. The feed has memberships as they are now.
    fn advance(&mut self, sender: UserId, position: i64) {
        let announced = match self.latest.get_mut(&FeedKey::Member(sender)) {
            Some(Event::MemberAdded { member, .. }) => Some(member),
            _ => None,
        };
        for member in self.members.get_mut(&sender).into_iter().chain(announced) {
            member.read_position = position;
            member.delivered_position = position;
        }
    }

    pub fn has(&self, user_id: UserId) -> bool {
        self.members.contains_key(&user_id)
    }

    fn at(&mut self, position: i64) -> &mut Message {
        &mut self.messages[usize::try_from(position - 1).unwrap()]
    }

    fn quote(&self, position: i64) -> Reply {
        let message = &self.messages[usize::try_from(position - 1).unwrap()];
        Reply {
            id: message.id,
            position,
            sender: message.sender.clone(),
            body: message.body.clone(),
            preview: None,
            deleted_at: message.deleted_at,
        }
    }

    fn record_message(
        &mut self,
        position: i64,
        event: fn(ConversationId, i64, Message) -> Event,
    ) -> Event {
        let seq = self.next_seq();
        self.at(position).seq = seq;
        let message = self.at(position).clone();
        self.update_quotes(&message);
        self.record(FeedKey::Message(position), event(GROUP, seq, message))
    }

    /// The feed has quotes as the quoted messages are now.
    fn update_quotes(&mut self, quoted: &Message) {
        let update_quotes = |message: &mut Message| {
            if let Some(reply) = &mut message.reply_to
                && reply.id == quoted.id
            {
                reply.body.clone_from(&quoted.body);
                reply.deleted_at = quoted.deleted_at;
            }
        };
        self.messages.iter_mut().for_each(update_quotes);
        for event in self.latest.values_mut() {
            if let Event::MessageCreated { message, .. }
            | Event::MessageUpdated { message, .. }
            | Event::MessageDeleted { message, .. } = event
            {
                update_quotes(message);
            }
        }
    }

    fn next_seq(&mut self) -> i64 {
        self.conversation.seq += 1;
        self.conversation.seq
    }

    fn record(&mut self, key: FeedKey, event: Event) -> Event {
        self.latest.insert(key, event.clone());
        self.events.push(event.clone());
        event
    }
}

fn updated(conversation_id: ConversationId, seq: i64, message: Message) -> Event {
    Event::MessageUpdated {
        conversation_id,
        seq,
        message,
    }
}
