//! Whoever asks: a socket, while one of its events is worked off.

use super::{Contract, EncodedEvent, Recipient, door::Door, seat::Seat};
use chat::Caller;
use model::{ConversationId, UserId};
use std::sync::Arc;

pub struct EventContext<'a, C: Contract> {
    door: &'a Door<C>,
    seat: &'a Arc<Seat>,
}

impl<'a, C: Contract> EventContext<'a, C> {
    pub fn new(door: &'a Door<C>, seat: &'a Arc<Seat>) -> Self {
        Self { door, seat }
    }

    pub fn caller(&self) -> &Caller {
        &self.seat.caller
    }

    /// Tells this socket.
    pub fn tell(&self, printed: EncodedEvent) {
        self.door.tell_seat(self.seat, &Arc::new(printed));
    }

    /// Enters the room; answers whether no other socket of the user was there already. A room
    /// gives no right to hear anything: ask the verbs first who is a member.
    pub fn join(&self, id: ConversationId) -> bool {
        self.door.seats.enter(self.seat.id, id)
    }

    /// Leaves the room; answers whether no other socket of the user is left there.
    pub fn leave(&self, id: ConversationId) -> bool {
        self.door.seats.depart(self.seat.id, id)
    }

    /// Tells the other users' sockets that are in the room, and are members.
    pub fn tell_room(&self, id: ConversationId, printed: EncodedEvent) {
        let me = self.seat.caller.user_id;
        let others = move |listener: &Recipient| listener.is_present && listener.user_id != me;
        self.door.tell_members(id, printed, others);
    }

    /// Who is in the room, each once.
    pub fn present(&self, id: ConversationId) -> Vec<UserId> {
        self.door.seats.present(id)
    }
}
