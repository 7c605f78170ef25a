//! Threads: the replies of those that are open, and the user's part of those that they follow.

use super::{
    changes::Key,
    chat_store::ChatStore,
    conversation::ConversationState,
    lane::Lane,
    open_thread::{Arrival, OpenThread},
    timeline::{Stretch, Timeline},
};
use model::{ConversationId, Message, MessageId, ThreadDetails, ThreadState, UserId};
use std::sync::Arc;

/// Threads of a conversation whose replies are kept. Of more, one that was opened before is dropped; its
/// replies are loaded again when it is opened.
const MAX_OPEN_THREADS: usize = 8;

impl ChatStore {
    /// Opens a thread with its root: from here on its replies are kept up to date. Call it before they are
    /// requested.
    pub fn open_thread(&mut self, thread: ThreadDetails) {
        let (id, root) = (thread.state.conversation_id, Arc::new(thread.root));
        let me = self.me.user.id;
        self.change_conversation(id, |conversation| conversation.open_thread(root, me));
        self.set_thread_state(thread.state);
    }

    /// Opens a thread whose root is loaded, before anything is requested.
    pub fn open_known_thread(&mut self, id: ConversationId, root: MessageId) {
        let me = self.me.user.id;
        if let Some(root) = self.message(id, root).cloned() {
            self.change_conversation(id, |conversation| conversation.open_thread(root, me));
        }
    }

    /// Adds a page of replies. One that does not touch those that are there replaces them if `replace`, and
    /// is dropped otherwise.
    pub fn add_replies(
        &mut self,
        id: ConversationId,
        root: MessageId,
        page: Vec<Message>,
        replace: bool,
    ) {
        let me = self.me.user.id;
        self.remove_sent(&page);
        let number = |message: Option<&Message>| message.and_then(|it| it.thread_position);
        let page = Stretch {
            first: number(page.first()).unwrap_or(1),
            last: number(page.last()).unwrap_or(0),
            messages: page,
        };
        self.change_conversation(id, |conversation| {
            if let Some(thread) = conversation.threads.get_mut(&root) {
                let changes = &mut conversation.changes;
                thread.lane.add_page(page, replace, me, changes);
            }
        });
    }

    /// The replies of an open thread, as far as they are loaded.
    pub fn replies(&self, id: ConversationId, root: MessageId) -> Option<&Timeline> {
        let conversation = self.conversations.get(&id)?;
        conversation.threads.get(&root)?.lane.timeline.as_ref()
    }

    /// A message that is shown, in the main line or in an open thread.
    pub fn message(&self, id: ConversationId, message_id: MessageId) -> Option<&Arc<Message>> {
        let conversation = self.conversations.get(&id)?;
        let mut threads = conversation.threads.iter();
        conversation.main.by_id(message_id).or_else(|| {
            threads.find_map(|(root, thread)| {
                if *root == message_id {
                    Some(&thread.root)
                } else {
                    thread.lane.by_id(message_id)
                }
            })
        })
    }

    /// Whether a message has replies in a thread, in a conversation of the user.
    pub fn may_follow(&self, id: ConversationId, root: MessageId) -> bool {
        let message = self.message(id, root);
        let has_replies = message.is_some_and(|message| message.thread.is_some());
        let summary = self.summary(id);
        has_replies && summary.is_some_and(|summary| summary.role.is_some())
    }

    /// The user's part of a thread; `None` where they have none, or it is not loaded.
    pub fn thread_state(&self, root: MessageId) -> Option<&ThreadState> {
        self.thread_states.get(&root)
    }

    /// The threads with unread replies among those that the user follows.
    pub fn unread_threads(&self) -> usize {
        let states = self.thread_states.values();
        states
            .filter(|state| state.following && state.unread > 0)
            .count()
    }

    /// The ids of the threads that the user follows.
    pub fn followed_threads(&self) -> Vec<MessageId> {
        let states = self.thread_states.values();
        let followed = states.filter(|state| state.following);
        followed.map(|state| state.thread_id).collect()
    }

    /// Takes the user's part of a thread as the server has told it.
    pub fn set_thread_state(&mut self, state: ThreadState) {
        if self.thread_states.get(&state.thread_id) == Some(&state) {
            return;
        }
        self.changes.add(Key::Thread(state.thread_id));
        self.changes.add(Key::Threads);
        self.thread_states.insert(state.thread_id, state);
    }

    /// Marks replies up to a number as read. Returns false if they were.
    pub fn mark_thread_read(&mut self, root: MessageId, number: i64) -> bool {
        let Some(state) = self.thread_states.get_mut(&root) else {
            return false;
        };
        if !state.following || state.read_position >= number {
            return false;
        }
        state.read_position = number;
        // Until the server has counted. The page marks what it shows, up to the newest.
        (state.unread, state.mentions) = (0, 0);
        self.changes.add(Key::Thread(root));
        self.changes.add(Key::Threads);
        true
    }

    /// Counts replies that have arrived: the server tells of those only who begin to follow, are mentioned
    /// or have read.
    pub(super) fn count_arrivals(&mut self, arrivals: Vec<Arrival>) {
        let me = self.me.user.id;
        for Arrival {
            thread_id,
            number,
            sender,
        } in arrivals
        {
            let Some(state) = self.thread_states.get_mut(&thread_id) else {
                continue;
            };
            if number <= state.read_position {
                continue;
            }
            if sender == me {
                state.following = true;
            } else if state.following {
                state.unread += 1;
            }
            self.changes.add(Key::Thread(thread_id));
            self.changes.add(Key::Threads);
        }
    }

    /// The names of others who are typing in a thread, or in the main line.
    pub fn typing_names(&self, id: ConversationId, thread: Option<MessageId>) -> Vec<&str> {
        let Some(conversation) = self.conversations.get(&id) else {
            return Vec::new();
        };
        let typing = conversation.typing.iter().filter(|(_, at)| **at == thread);
        typing
            .filter_map(|(user_id, _)| conversation.name_of(*user_id))
            .collect()
    }
}

impl ConversationState {
    fn open_thread(&mut self, mut root: Arc<Message>, me: UserId) {
        let id = root.id;
        self.learn_thread(&mut root);
        if let Some(known) = self.main.loaded_mut(id)
            && known.seq >= root.seq
        {
            root = Arc::clone(known);
        }
        self.changes.add(Key::Message(id));
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.root = root;
            return;
        }
        if self.threads.len() >= MAX_OPEN_THREADS {
            self.threads.pop_first();
        }
        let lane = Lane::thread(id, me);
        self.threads.insert(id, OpenThread { root, lane });
    }

    /// Takes what a message says of a thread: that of its root, or of its own.
    pub(super) fn learn_thread(&mut self, message: &mut Arc<Message>) {
        let Some(thread) = message.thread.clone() else {
            if let Some(thread) = self.known_threads.newer(message).cloned() {
                Arc::make_mut(message).thread = Some(thread);
            }
            return;
        };
        let root = thread.id;
        self.known_threads.learn(&thread);
        if message.id == root {
            if let Some(thread) = self.known_threads.newer(message).cloned() {
                Arc::make_mut(message).thread = Some(thread);
            }
            return;
        }
        let main = self.main.loaded_mut(root);
        let open = self.threads.get_mut(&root).map(|thread| &mut thread.root);
        for shown in main.into_iter().chain(open) {
            if let Some(thread) = self.known_threads.newer(shown).cloned() {
                Arc::make_mut(shown).thread = Some(thread);
                self.changes.add(Key::Message(root));
            }
        }
    }

    /// Puts a message into the thread that it is in, or is the root of, if that is open.
    pub(super) fn place_reply(&mut self, message: &Arc<Message>) {
        let root = message.thread_id.unwrap_or(message.id);
        if let Some(thread) = self.threads.get_mut(&root) {
            if message.id == root {
                thread.lane.update_quotes(message, &mut self.changes);
                if thread.root.seq <= message.seq {
                    thread.root = Arc::clone(message);
                    self.changes.add(Key::Message(root));
                }
                return;
            }
            thread.lane.place(Arc::clone(message), &mut self.changes);
        }
    }
}

impl ChatStore {
    /// Removes what a page has from the outbox.
    pub(super) fn remove_sent(&mut self, page: &[Message]) {
        let me = self.me.user.id;
        let mine = page.iter().filter(|message| message.sender.id == me);
        for client_id in mine.filter_map(|message| message.client_id.as_deref()) {
            if self.outbox.get(client_id).is_some() {
                self.outbox_mut().remove(client_id);
            }
        }
    }
}
