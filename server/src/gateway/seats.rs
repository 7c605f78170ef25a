//! Seats: which sockets hear what, exactly, from joining to leaving.

use super::{
    Fanout,
    line::{Behind, Haste, Line},
    seat::Seat,
};
use chat::Audience;
use model::{ConversationId, SessionId, UserId};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// All sockets of a door.
pub struct Seats {
    plan: RwLock<Plan>,
    /// Whether a socket is in the room of each of its user's conversations from the start.
    joins_rooms: bool,
}

/// One of the audience.
pub struct Recipient {
    pub user_id: UserId,
    /// In the room of the conversation that the event belongs to.
    pub is_present: bool,
}

type Row = HashMap<u64, Arc<Seat>>;

#[derive(Default)]
struct Plan {
    places: HashMap<u64, Place>,
    users: HashMap<UserId, Row>,
    sessions: HashMap<SessionId, Row>,
    /// With each, whether it is in the conversation's room.
    conversations: HashMap<ConversationId, HashMap<u64, (Arc<Seat>, bool)>>,
}

struct Place {
    seat: Arc<Seat>,
    conversations: HashSet<ConversationId>,
    rooms: HashSet<ConversationId>,
    /// While the memberships are being read: what was lost since, which the reading may not know.
    lost: Option<HashSet<ConversationId>>,
}

impl Seats {
    pub fn new(joins_rooms: bool) -> Self {
        Self {
            plan: RwLock::default(),
            joins_rooms,
        }
    }

    /// The socket can be found from here on: by its user, by its session.
    pub fn take(&self, seat: Arc<Seat>) {
        let mut plan = self.write();
        let id = seat.id;
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
                rooms: HashSet::new(),
                lost: Some(HashSet::new()),
            },
        );
    }

    /// Joins what the socket's user was a member of when they were asked for, after `take`.
    pub fn settle(&self, id: u64, memberships: Vec<ConversationId>) {
        let mut plan = self.write();
        let Some(lost) = plan.places.get_mut(&id).and_then(|it| it.lost.take()) else {
            return;
        };
        for conversation_id in memberships {
            if !lost.contains(&conversation_id) {
                plan.join(id, conversation_id, self.joins_rooms);
            }
        }
    }

    /// Answers with the rooms that the user is in no more, with any socket; at the first call.
    pub fn leave(&self, id: u64) -> Vec<ConversationId> {
        let mut plan = self.write();
        let Some(Place {
            seat,
            conversations,
            mut rooms,
            ..
        }) = plan.places.remove(&id)
        else {
            return Vec::new();
        };
        remove(&mut plan.users, &seat.caller.user_id, id);
        if let Some(session_id) = &seat.caller.session_id {
            remove(&mut plan.sessions, session_id, id);
        }
        for conversation_id in &conversations {
            plan.remove_member(*conversation_id, id);
        }
        rooms.retain(|room| conversations.contains(room));
        rooms.retain(|room| !plan.is_user_in(seat.caller.user_id, *room));
        rooms.into_iter().collect()
    }

    pub fn admit(&self, conversation_id: ConversationId, users: &[UserId]) {
        let mut plan = self.write();
        for id in plan.sockets_of(users) {
            if let Some(lost) = plan.lost(id) {
                lost.remove(&conversation_id);
            }
            plan.join(id, conversation_id, self.joins_rooms);
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
                place.rooms.remove(&conversation_id);
            }
            plan.remove_member(conversation_id, id);
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
                place.rooms.remove(&conversation_id);
            }
        }
    }

    /// Answers whether the user is new in the room.
    pub fn enter(&self, id: u64, conversation_id: ConversationId) -> bool {
        let mut plan = self.write();
        let Some(user_id) = plan.places.get(&id).map(|it| it.seat.caller.user_id) else {
            return false;
        };
        let is_new = !plan.is_user_in(user_id, conversation_id);
        plan.set_present(id, conversation_id, true);
        is_new
    }

    /// Answers whether the user is in the room no more.
    pub fn depart(&self, id: u64, conversation_id: ConversationId) -> bool {
        let mut plan = self.write();
        let Some(user_id) = plan.places.get(&id).map(|it| it.seat.caller.user_id) else {
            return false;
        };
        let was_in = plan.is_user_in(user_id, conversation_id);
        plan.set_present(id, conversation_id, false);
        was_in && !plan.is_user_in(user_id, conversation_id)
    }

    /// The users in the room, each once.
    pub fn present(&self, conversation_id: ConversationId) -> Vec<UserId> {
        let plan = self.read();
        let row = plan.conversations.get(&conversation_id);
        let present = row.into_iter().flat_map(HashMap::values);
        let mut users: Vec<_> = present
            .filter(|(_, is_present)| *is_present)
            .map(|(seat, _)| seat.caller.user_id)
            .collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// Tells each once, in each of the words that are meant for it.
    pub fn tell(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        told: &[Fanout],
        haste: Haste,
    ) -> Heard {
        let mut heard = Heard::default();
        self.read().for_each(audience, except, |seat, is_present| {
            let user_id = seat.caller.user_id;
            let listener = Recipient {
                user_id,
                is_present,
            };
            for told in told.iter().filter(|told| (told.hears)(&listener)) {
                match seat.tell(&told.printed, haste) {
                    Ok(unsent) => {
                        heard.users.push(user_id);
                        heard
                            .unsent
                            .extend(unsent.map(|(line, haste)| (line.clone(), haste)));
                    }
                    Err(Behind) => heard
                        .behind
                        .push((Arc::clone(seat), told.printed.is_volatile)),
                }
            }
        });
        heard
    }

    /// The audience, each socket once.
    pub fn of(&self, audience: &Audience, except: Option<UserId>) -> Vec<Arc<Seat>> {
        let mut seats = Vec::new();
        self.read()
            .for_each(audience, except, |seat, _| seats.push(Arc::clone(seat)));
        seats
    }

    pub fn of_session(&self, id: SessionId) -> Vec<Arc<Seat>> {
        let plan = self.read();
        let row = plan.sessions.get(&id);
        row.into_iter().flat_map(HashMap::values).cloned().collect()
    }

    pub fn of_user(&self, id: UserId) -> Vec<Arc<Seat>> {
        let plan = self.read();
        let row = plan.users.get(&id);
        row.into_iter().flat_map(HashMap::values).cloned().collect()
    }

    pub fn all(&self) -> Vec<Arc<Seat>> {
        let plan = self.read();
        plan.places
            .values()
            .map(|place| Arc::clone(&place.seat))
            .collect()
    }

    pub fn len(&self) -> usize {
        self.read().places.len()
    }

    fn read(&self) -> RwLockReadGuard<'_, Plan> {
        self.plan.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Plan> {
        self.plan.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a telling.
#[derive(Default)]
pub struct Heard {
    /// Once for every socket that took it.
    pub users: Vec<UserId>,
    /// Where it waits to be sent, and how soon it is to be.
    pub unsent: Vec<(Line, Haste)>,
    /// Who could not take it, and whether that does no harm.
    pub behind: Vec<(Arc<Seat>, bool)>,
}

impl Plan {
    /// Each socket of the audience once, and whether it is in the room of the one conversation.
    fn for_each(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        mut hear: impl FnMut(&Arc<Seat>, bool),
    ) {
        let mut hear = |seat: &Arc<Seat>, is_present: bool| {
            if except != Some(seat.caller.user_id) {
                hear(seat, is_present);
            }
        };
        match audience {
            Audience::Everyone => self
                .places
                .values()
                .for_each(|place| hear(&place.seat, false)),
            Audience::Users(users) => {
                let rows = users.iter().filter_map(|id| self.users.get(id));
                rows.flat_map(HashMap::values)
                    .for_each(|seat| hear(seat, false));
            }
            Audience::Conversations(ids) => {
                let rows = ids.iter().filter_map(|id| self.conversations.get(id));
                if let [_] = ids[..] {
                    rows.flat_map(HashMap::values)
                        .for_each(|(seat, is_present)| hear(seat, *is_present));
                } else {
                    let mut heard = HashSet::new();
                    for (id, (seat, _)) in rows.flatten() {
                        if heard.insert(id) {
                            hear(seat, false);
                        }
                    }
                }
            }
        }
    }

    fn sockets_of(&self, users: &[UserId]) -> Vec<u64> {
        let rows = users.iter().filter_map(|id| self.users.get(id));
        rows.flat_map(HashMap::keys).copied().collect()
    }

    fn lost(&mut self, id: u64) -> Option<&mut HashSet<ConversationId>> {
        self.places.get_mut(&id)?.lost.as_mut()
    }

    fn join(&mut self, id: u64, conversation_id: ConversationId, joins_room: bool) {
        if let Some(place) = self.places.get_mut(&id) {
            place.conversations.insert(conversation_id);
            if joins_room {
                place.rooms.insert(conversation_id);
            }
            let is_present = place.rooms.contains(&conversation_id);
            let row = self.conversations.entry(conversation_id).or_default();
            row.insert(id, (Arc::clone(&place.seat), is_present));
        }
    }

    fn remove_member(&mut self, conversation_id: ConversationId, id: u64) {
        if let Some(row) = self.conversations.get_mut(&conversation_id) {
            row.remove(&id);
            if row.is_empty() {
                self.conversations.remove(&conversation_id);
            }
        }
    }

    fn set_present(&mut self, id: u64, conversation_id: ConversationId, present: bool) {
        if let Some(place) = self.places.get_mut(&id) {
            if present {
                place.rooms.insert(conversation_id);
            } else {
                place.rooms.remove(&conversation_id);
            }
        }
        let row = self.conversations.get_mut(&conversation_id);
        if let Some((_, is_present)) = row.and_then(|row| row.get_mut(&id)) {
            *is_present = present;
        }
    }

    fn is_user_in(&self, user_id: UserId, room: ConversationId) -> bool {
        let row = self.users.get(&user_id);
        let mut ids = row.into_iter().flat_map(HashMap::keys);
        ids.any(|id| {
            let place = self.places.get(id);
            place.is_some_and(|it| it.rooms.contains(&room))
        })
    }
}

/// Removes the socket from a row, and the row when it was the last.
fn remove<K: Eq + Hash>(rows: &mut HashMap<K, Row>, key: &K, id: u64) {
    if let Some(row) = rows.get_mut(key) {
        row.remove(&id);
        if row.is_empty() {
            rows.remove(key);
        }
    }
}
