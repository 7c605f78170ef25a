//! The hub's index: which subscribers there are, by user, login session, conversation and room.

use super::{
    expiries::Expiries,
    subscriber::{Subscriber, SubscriberId},
};
use chat::Audience;
use model::{ConversationId, SessionId, UserId};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

type Subscribers = HashMap<SubscriberId, Arc<Subscriber>>;

#[derive(Default)]
pub struct HubIndex {
    entries: HashMap<SubscriberId, Entry>,
    users: HashMap<UserId, Subscribers>,
    sessions: HashMap<SessionId, Subscribers>,
    expiries: Expiries,
    /// With each subscriber, whether it is in the conversation's room.
    conversations: HashMap<ConversationId, HashMap<SubscriberId, (Arc<Subscriber>, bool)>>,
}

struct Entry {
    subscriber: Arc<Subscriber>,
    conversations: HashSet<ConversationId>,
    rooms: HashSet<ConversationId>,
    /// While the memberships are being read: what the user was evicted from meanwhile, because the
    /// rows that were read may still contain it. None afterwards.
    evicted_while_loading: Option<HashSet<ConversationId>>,
}

impl HubIndex {
    pub fn insert(&mut self, subscriber: Arc<Subscriber>) {
        let id = subscriber.id;
        let of_user = self.users.entry(subscriber.caller.user_id).or_default();
        of_user.insert(id, Arc::clone(&subscriber));
        if let Some(session_id) = subscriber.caller.session_id {
            let of_session = self.sessions.entry(session_id).or_default();
            of_session.insert(id, Arc::clone(&subscriber));
        }
        self.expiries.insert(&subscriber);
        let entry = Entry {
            subscriber,
            conversations: HashSet::new(),
            rooms: HashSet::new(),
            evicted_while_loading: Some(HashSet::new()),
        };
        self.entries.insert(id, entry);
    }

    /// Subscribes to the memberships that were read after `insert`. Only the first call has an effect.
    pub fn subscribe_all(
        &mut self,
        id: SubscriberId,
        memberships: Vec<ConversationId>,
        joins_rooms: bool,
    ) {
        let Some(evicted) = self.evicted_while_loading(id).map(std::mem::take) else {
            return;
        };
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.evicted_while_loading = None;
        }
        for conversation_id in memberships {
            if !evicted.contains(&conversation_id) {
                self.add_to_conversation(id, conversation_id, joins_rooms);
            }
        }
    }

    /// Removes a subscriber. Returns the rooms in which its user has no other socket; empty from the
    /// second call on.
    pub fn remove(&mut self, id: SubscriberId) -> Vec<ConversationId> {
        let Some(Entry {
            subscriber,
            conversations,
            mut rooms,
            ..
        }) = self.entries.remove(&id)
        else {
            return Vec::new();
        };
        self.expiries.remove(&subscriber);
        remove_from(&mut self.users, &subscriber.caller.user_id, id);
        if let Some(session_id) = &subscriber.caller.session_id {
            remove_from(&mut self.sessions, session_id, id);
        }
        for conversation_id in &conversations {
            self.remove_from_conversation(*conversation_id, id);
        }
        rooms.retain(|room| conversations.contains(room));
        rooms.retain(|room| !self.is_user_in_room(subscriber.caller.user_id, *room));
        rooms.into_iter().collect()
    }

    pub fn subscribe(
        &mut self,
        conversation_id: ConversationId,
        users: &[UserId],
        joins_rooms: bool,
    ) {
        for id in self.ids_of(users) {
            if let Some(evicted) = self.evicted_while_loading(id) {
                evicted.remove(&conversation_id);
            }
            self.add_to_conversation(id, conversation_id, joins_rooms);
        }
    }

    pub fn unsubscribe(&mut self, conversation_id: ConversationId, users: &[UserId]) {
        for id in self.ids_of(users) {
            if let Some(evicted) = self.evicted_while_loading(id) {
                evicted.insert(conversation_id);
            }
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.conversations.remove(&conversation_id);
                entry.rooms.remove(&conversation_id);
            }
            self.remove_from_conversation(conversation_id, id);
        }
    }

    pub fn close_conversation(&mut self, conversation_id: ConversationId) {
        let subscribers = self.conversations.remove(&conversation_id);
        for id in subscribers.unwrap_or_default().keys() {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.conversations.remove(&conversation_id);
                entry.rooms.remove(&conversation_id);
            }
        }
    }

    /// Joins the room. Returns whether no socket of the user was in it before.
    pub fn join_room(&mut self, id: SubscriberId, room: ConversationId) -> bool {
        let Some(user_id) = self.user_of(id) else {
            return false;
        };
        let is_new = !self.is_user_in_room(user_id, room);
        self.set_in_room(id, room, true);
        is_new
    }

    /// Leaves the room. Returns whether this was the user's last socket in it.
    pub fn leave_room(&mut self, id: SubscriberId, room: ConversationId) -> bool {
        let Some(user_id) = self.user_of(id) else {
            return false;
        };
        let was_in = self.is_user_in_room(user_id, room);
        self.set_in_room(id, room, false);
        was_in && !self.is_user_in_room(user_id, room)
    }

    /// The rooms in which the user has a socket, each once.
    pub fn rooms_of_user(&self, user_id: UserId) -> HashSet<ConversationId> {
        let subscribers = self.users.get(&user_id).into_iter();
        let entries = subscribers
            .flat_map(HashMap::keys)
            .filter_map(|id| self.entries.get(id));
        entries.flat_map(|it| it.rooms.iter().copied()).collect()
    }

    /// The users with a socket in the room, each once, by ascending id.
    pub fn users_in_room(&self, room: ConversationId) -> Vec<UserId> {
        let subscribers = self.conversations.get(&room);
        let mut users: Vec<_> = subscribers
            .into_iter()
            .flat_map(HashMap::values)
            .filter(|(_, is_in_room)| *is_in_room)
            .map(|(subscriber, _)| subscriber.caller.user_id)
            .collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// Calls the visitor with each subscriber of the audience once, and with whether it is in the
    /// room, if the audience is one conversation.
    pub fn for_each(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        mut visitor: impl FnMut(&Arc<Subscriber>, bool),
    ) {
        let mut visit = |subscriber: &Arc<Subscriber>, is_in_room: bool| {
            if except != Some(subscriber.caller.user_id) {
                visitor(subscriber, is_in_room);
            }
        };
        match audience {
            Audience::Everyone => {
                let entries = self.entries.values();
                entries.for_each(|entry| visit(&entry.subscriber, false));
            }
            Audience::Users(users) => {
                let of_users = users.iter().filter_map(|id| self.users.get(id));
                let subscribers = of_users.flat_map(HashMap::values);
                subscribers.for_each(|subscriber| visit(subscriber, false));
            }
            Audience::Conversations(ids) => {
                let members = ids.iter().filter_map(|id| self.conversations.get(id));
                if let [_] = ids[..] {
                    members
                        .flat_map(HashMap::values)
                        .for_each(|(subscriber, is_in_room)| visit(subscriber, *is_in_room));
                } else {
                    let mut visited = HashSet::new();
                    for (id, (subscriber, _)) in members.flatten() {
                        if visited.insert(id) {
                            visit(subscriber, false);
                        }
                    }
                }
            }
        }
    }

    /// Whether `for_each` would visit anybody.
    pub fn has_any(&self, audience: &Audience, except: Option<UserId>) -> bool {
        let is_meant = |id: UserId| except != Some(id);
        match audience {
            Audience::Everyone => self.users.keys().any(|id| is_meant(*id)),
            Audience::Users(users) => {
                let mut users = users.iter();
                users.any(|id| is_meant(*id) && self.users.contains_key(id))
            }
            Audience::Conversations(ids) => {
                let members = ids.iter().filter_map(|id| self.conversations.get(id));
                members
                    .flat_map(HashMap::values)
                    .any(|(subscriber, _)| is_meant(subscriber.caller.user_id))
            }
        }
    }

    /// Those of the users who are subscribed to the conversation.
    pub fn subscribed_of(&self, id: ConversationId, users: &[UserId]) -> Vec<UserId> {
        let Some(members) = self.conversations.get(&id) else {
            return Vec::new();
        };
        let is_subscribed = |user_id: &&UserId| {
            let subscribers = self.users.get(user_id).into_iter();
            subscribers
                .flat_map(HashMap::keys)
                .any(|it| members.contains_key(it))
        };
        users.iter().filter(is_subscribed).copied().collect()
    }

    pub fn of_session(&self, id: SessionId) -> Vec<Arc<Subscriber>> {
        let subscribers = self.sessions.get(&id).into_iter();
        subscribers.flat_map(HashMap::values).cloned().collect()
    }

    pub fn of_user(&self, id: UserId) -> Vec<Arc<Subscriber>> {
        let subscribers = self.users.get(&id).into_iter();
        subscribers.flat_map(HashMap::values).cloned().collect()
    }

    /// The sockets whose token has expired at this time, in seconds.
    pub fn expired(&self, now: i64) -> Vec<Arc<Subscriber>> {
        let entries = self.expiries.expired(now);
        let entries = entries.filter_map(|id| self.entries.get(&id));
        entries.map(|entry| Arc::clone(&entry.subscriber)).collect()
    }

    pub fn all(&self) -> Vec<Arc<Subscriber>> {
        let entries = self.entries.values();
        entries.map(|entry| Arc::clone(&entry.subscriber)).collect()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn ids_of(&self, users: &[UserId]) -> Vec<SubscriberId> {
        let of_users = users.iter().filter_map(|id| self.users.get(id));
        of_users.flat_map(HashMap::keys).copied().collect()
    }

    fn user_of(&self, id: SubscriberId) -> Option<UserId> {
        self.entries
            .get(&id)
            .map(|entry| entry.subscriber.caller.user_id)
    }

    fn evicted_while_loading(&mut self, id: SubscriberId) -> Option<&mut HashSet<ConversationId>> {
        self.entries.get_mut(&id)?.evicted_while_loading.as_mut()
    }

    fn add_to_conversation(
        &mut self,
        id: SubscriberId,
        conversation_id: ConversationId,
        joins_room: bool,
    ) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.conversations.insert(conversation_id);
            if joins_room {
                entry.rooms.insert(conversation_id);
            }
            let is_in_room = entry.rooms.contains(&conversation_id);
            let members = self.conversations.entry(conversation_id).or_default();
            members.insert(id, (Arc::clone(&entry.subscriber), is_in_room));
        }
    }

    fn remove_from_conversation(&mut self, conversation_id: ConversationId, id: SubscriberId) {
        if let Some(members) = self.conversations.get_mut(&conversation_id) {
            members.remove(&id);
            if members.is_empty() {
                self.conversations.remove(&conversation_id);
            }
        }
    }

    fn set_in_room(&mut self, id: SubscriberId, room: ConversationId, value: bool) {
        if let Some(entry) = self.entries.get_mut(&id) {
            if value {
                entry.rooms.insert(room);
            } else {
                entry.rooms.remove(&room);
            }
        }
        let members = self.conversations.get_mut(&room);
        if let Some((_, is_in_room)) = members.and_then(|members| members.get_mut(&id)) {
            *is_in_room = value;
        }
    }

    fn is_user_in_room(&self, user_id: UserId, room: ConversationId) -> bool {
        let subscribers = self.users.get(&user_id).into_iter();
        subscribers.flat_map(HashMap::keys).any(|id| {
            let entry = self.entries.get(id);
            entry.is_some_and(|entry| entry.rooms.contains(&room))
        })
    }
}

/// Removes the subscriber below this key, and the key with its last subscriber.
fn remove_from<K: Eq + Hash>(index: &mut HashMap<K, Subscribers>, key: &K, id: SubscriberId) {
    if let Some(subscribers) = index.get_mut(key) {
        subscribers.remove(&id);
        if subscribers.is_empty() {
            index.remove(key);
        }
    }
}
