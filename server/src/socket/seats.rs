//! Seats: which sockets hear what, exactly, from joining to leaving.

use super::{
    Printed,
    seat::{Behind, Seat},
};
use chat::Audience;
use model::{ConversationId, SessionId, UserId};
use socketioxide::socket::Sid;
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// All sockets of a door.
#[derive(Default)]
pub struct Seats(RwLock<Plan>);

type Row = HashMap<Sid, Arc<Seat>>;

#[derive(Default)]
struct Plan {
    places: HashMap<Sid, Place>,
    users: HashMap<UserId, Row>,
    sessions: HashMap<SessionId, Row>,
    conversations: HashMap<ConversationId, Row>,
}

struct Place {
    seat: Arc<Seat>,
    conversations: HashSet<ConversationId>,
    /// While the memberships are being read: what was lost since, which the reading may not know.
    lost: Option<HashSet<ConversationId>>,
}

impl Seats {
    /// The socket can be found from here on: by its user, by its session.
    pub fn take(&self, seat: Arc<Seat>) {
        let mut plan = self.write();
        let id = seat.socket.id;
        let row = plan.users.entry(seat.caller.user_id).or_default();
        row.insert(id, Arc::clone(&seat));
        if let Some(session_id) = seat.caller.session_id {
            let row = plan.sessions.entry(session_id).or_default();
            row.insert(id, Arc::clone(&seat));
        }
        plan.places.insert(
            id,
            Place {
                seat,
                conversations: HashSet::new(),
                lost: Some(HashSet::new()),
            },
        );
    }

    /// Joins what the socket's user was a member of when they were asked for, after `take`.
    pub fn settle(&self, id: Sid, memberships: Vec<ConversationId>) {
        let mut plan = self.write();
        let Some(lost) = plan.places.get_mut(&id).and_then(|it| it.lost.take()) else {
            return;
        };
        for conversation_id in memberships {
            if !lost.contains(&conversation_id) {
                plan.join(id, conversation_id);
            }
        }
    }

    pub fn leave(&self, id: Sid) {
        let mut plan = self.write();
        let Some(Place {
            seat,
            conversations,
            ..
        }) = plan.places.remove(&id)
        else {
            return;
        };
        remove(&mut plan.users, &seat.caller.user_id, id);
        if let Some(session_id) = &seat.caller.session_id {
            remove(&mut plan.sessions, session_id, id);
        }
        for conversation_id in &conversations {
            remove(&mut plan.conversations, conversation_id, id);
        }
    }

    pub fn admit(&self, conversation_id: ConversationId, users: &[UserId]) {
        let mut plan = self.write();
        for id in plan.sockets_of(users) {
            if let Some(lost) = plan.lost(id) {
                lost.remove(&conversation_id);
            }
            plan.join(id, conversation_id);
        }
    }

    pub fn evict(&self, conversation_id: ConversationId, users: &[UserId]) {
        let mut plan = self.write();
        for id in plan.sockets_of(users) {
            if let Some(lost) = plan.lost(id) {
                lost.insert(conversation_id);
            }
            if let Some(place) = plan.places.get_mut(&id) {
                place.conversations.remove(&conversation_id);
            }
            remove(&mut plan.conversations, &conversation_id, id);
        }
    }

    pub fn close(&self, conversation_id: ConversationId) {
        let mut plan = self.write();
        for id in plan
            .conversations
            .remove(&conversation_id)
            .unwrap_or_default()
            .keys()
        {
            if let Some(place) = plan.places.get_mut(id) {
                place.conversations.remove(&conversation_id);
            }
        }
    }

    /// Tells each once; answers with those who could not take it.
    pub fn tell(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        printed: &Arc<Printed>,
    ) -> Vec<Arc<Seat>> {
        let plan = self.read();
        let mut behind = Vec::new();
        let mut tell = |seat: &Arc<Seat>| {
            if except != Some(seat.caller.user_id) && seat.tell(printed) == Err(Behind) {
                behind.push(Arc::clone(seat));
            }
        };
        match audience {
            Audience::Everyone => plan.places.values().for_each(|place| tell(&place.seat)),
            Audience::Users(users) => {
                let rows = users.iter().filter_map(|id| plan.users.get(id));
                rows.flat_map(HashMap::values).for_each(tell);
            }
            Audience::Conversations(ids) => {
                let rows = ids.iter().filter_map(|id| plan.conversations.get(id));
                if let [_] = ids[..] {
                    rows.flat_map(HashMap::values).for_each(tell);
                } else {
                    let mut told = HashSet::new();
                    for (id, seat) in rows.flatten() {
                        if told.insert(id) {
                            tell(seat);
                        }
                    }
                }
            }
        }
        behind
    }

    pub fn of_session(&self, id: SessionId) -> Vec<Arc<Seat>> {
        let plan = self.read();
        plan.sessions
            .get(&id)
            .map(|row| row.values().cloned().collect())
            .unwrap_or_default()
    }

    pub fn all(&self) -> Vec<Arc<Seat>> {
        let plan = self.read();
        plan.places
            .values()
            .map(|place| Arc::clone(&place.seat))
            .collect()
    }

    pub fn is_empty(&self) -> bool {
        self.read().places.is_empty()
    }

    fn read(&self) -> RwLockReadGuard<'_, Plan> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Plan> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn sockets_of(&self, users: &[UserId]) -> Vec<Sid> {
        let rows = users.iter().filter_map(|id| self.users.get(id));
        rows.flat_map(HashMap::keys).copied().collect()
    }

    fn lost(&mut self, id: Sid) -> Option<&mut HashSet<ConversationId>> {
        self.places.get_mut(&id)?.lost.as_mut()
    }

    fn join(&mut self, id: Sid, conversation_id: ConversationId) {
        if let Some(place) = self.places.get_mut(&id) {
            place.conversations.insert(conversation_id);
            let row = self.conversations.entry(conversation_id).or_default();
            row.insert(id, Arc::clone(&place.seat));
        }
    }
}

/// Removes the socket from a row, and the row when it was the last.
fn remove<K: Eq + Hash>(rows: &mut HashMap<K, Row>, key: &K, id: Sid) {
    if let Some(row) = rows.get_mut(key) {
        row.remove(&id);
        if row.is_empty() {
            rows.remove(key);
        }
    }
}
