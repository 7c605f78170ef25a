//! The hub of a contract: all of its subscribers, what each is subscribed to, and how events reach
//! them. It is used instead of Socket.IO's rooms, whose broadcast does not tell which sockets had no
//! room left in their queues: the hub aborts these slow consumers, and their clients resume by sequence.

use super::{
    connection::Connection,
    flush_queue::{FlushQueue, PendingFlushes},
    hub_index::HubIndex,
    outgoing::{EncodedEvent, Fanout, Recipient},
    polling_sessions::PollingSessions,
    subscriber::{Emitted, Subscriber, SubscriberId},
    write_queue::{FlushPriority, SlowConsumer},
};
use chat::Audience;
use metrics::counter;
use model::{ConversationId, SessionId, UserId};
use socketioxide::extract::SocketRef;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

pub struct Hub {
    /// The contract's name: the label `door` of the metrics.
    pub name: &'static str,
    index: RwLock<HubIndex>,
    /// Whether a socket joins the rooms of all its user's conversations by itself.
    joins_rooms: bool,
    /// Users with sockets who are invisible, so that the others in their rooms have been told that they
    /// are gone, or not that they came.
    hidden: Mutex<HashSet<UserId>>,
    pub flush_queue: FlushQueue,
    pub polling_sessions: PollingSessions,
}

/// The outcome of emitting to an audience.
#[derive(Default)]
struct FanoutResult {
    /// The users to whose sockets an event was enqueued or buffered, once per socket and event.
    users: Vec<UserId>,
    pending: PendingFlushes,
    /// The subscribers that could not take an event, each with whether the event was volatile.
    slow: Vec<(Arc<Subscriber>, bool)>,
}

/// Which sockets there are, and what they are subscribed to.
impl Hub {
    pub fn new(name: &'static str, joins_rooms: bool) -> Self {
        Self {
            name,
            index: RwLock::default(),
            joins_rooms,
            hidden: Mutex::default(),
            flush_queue: FlushQueue::default(),
            polling_sessions: PollingSessions::default(),
        }
    }

    /// From here on the socket is found by its user and by its login session.
    pub fn register(&self, subscriber: Arc<Subscriber>) {
        self.write().insert(subscriber);
    }

    /// Subscribes to the memberships that were read after `register`.
    pub fn subscribe_all(&self, id: SubscriberId, memberships: Vec<ConversationId>) {
        let mut index = self.write();
        index.subscribe_all(id, memberships, self.joins_rooms);
    }

    pub fn unregister(&self, subscriber: &Subscriber) {
        let user_id = subscriber.caller.user_id;
        let mut index = self.write();
        let rooms = index.remove(subscriber.id);
        if index.of_user(user_id).is_empty() {
            self.hidden().remove(&user_id);
        }
        drop(index);
        subscriber.add_rooms_left(rooms);
    }

    pub fn subscribe(&self, conversation_id: ConversationId, users: &[UserId]) {
        let mut index = self.write();
        index.subscribe(conversation_id, users, self.joins_rooms);
    }

    pub fn unsubscribe(&self, conversation_id: ConversationId, users: &[UserId]) {
        self.write().unsubscribe(conversation_id, users);
    }

    pub fn close_conversation(&self, conversation_id: ConversationId) {
        self.write().close_conversation(conversation_id);
    }

    /// Joins the room. Returns whether no socket of the user was in it before.
    pub fn join_room(&self, id: SubscriberId, room: ConversationId) -> bool {
        self.write().join_room(id, room)
    }

    /// Leaves the room. Returns whether this was the user's last socket in it.
    pub fn leave_room(&self, id: SubscriberId, room: ConversationId) -> bool {
        self.write().leave_room(id, room)
    }

    /// The users with a socket in the room, each once.
    pub fn users_in_room(&self, room: ConversationId) -> Vec<UserId> {
        self.read().users_in_room(room)
    }

    /// The rooms in which the user has a socket, each once.
    pub fn rooms_of_user(&self, user_id: UserId) -> HashSet<ConversationId> {
        self.read().rooms_of_user(user_id)
    }

    /// Notes that the others in the user's rooms do not see the user. Returns whether they did.
    pub fn hide(&self, user_id: UserId) -> bool {
        self.hidden().insert(user_id)
    }

    /// Notes that they see the user. Returns whether they did not.
    pub fn show(&self, user_id: UserId) -> bool {
        self.hidden().remove(&user_id)
    }

    fn hidden(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The subscribers of an audience, each once.
    pub fn audience(&self, audience: &Audience, except: Option<UserId>) -> Vec<Arc<Subscriber>> {
        let mut subscribers = Vec::new();
        self.read().for_each(audience, except, |subscriber, _| {
            subscribers.push(Arc::clone(subscriber));
        });
        subscribers
    }

    /// Whether an audience has a subscriber.
    pub fn has_audience(&self, audience: &Audience, except: Option<UserId>) -> bool {
        self.read().has_any(audience, except)
    }

    /// Those of the users who are subscribed to the conversation.
    pub fn subscribed_of(&self, id: ConversationId, users: &[UserId]) -> Vec<UserId> {
        self.read().subscribed_of(id, users)
    }

    /// The users of an audience who have a socket; none if they are more than `max`.
    pub fn users_of(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        max: usize,
    ) -> Option<HashSet<UserId>> {
        let mut users = HashSet::new();
        self.read().for_each(audience, except, |subscriber, _| {
            if users.len() <= max {
                users.insert(subscriber.caller.user_id);
            }
        });
        (users.len() <= max).then_some(users)
    }

    pub fn of_session(&self, id: SessionId) -> Vec<Arc<Subscriber>> {
        self.read().of_session(id)
    }

    pub fn of_user(&self, id: UserId) -> Vec<Arc<Subscriber>> {
        self.read().of_user(id)
    }

    /// The sockets whose token has expired at this time, in seconds.
    pub fn expired(&self, now: i64) -> Vec<Arc<Subscriber>> {
        self.read().expired(now)
    }

    pub fn all(&self) -> Vec<Arc<Subscriber>> {
        self.read().all()
    }

    pub fn len(&self) -> usize {
        self.read().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, HubIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HubIndex> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How events reach the sockets.
impl Hub {
    /// Emits to each subscriber of the audience the events whose filter it passes. The flushes that
    /// are due are added to `pending`. Returns the users to whose sockets an event was enqueued or
    /// buffered, once per socket and event.
    pub fn emit_to_audience(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        fanouts: &[Fanout],
        priority: FlushPriority,
        pending: &mut PendingFlushes,
    ) -> Vec<UserId> {
        let result = self.fan_out(audience, except, fanouts, priority);
        pending.extend(result.pending);
        for (subscriber, is_volatile) in result.slow {
            self.handle_slow_consumer(&subscriber, is_volatile);
        }
        result.users
    }

    /// Emits at once to the members' sockets that pass the filter.
    pub fn emit_to_members(
        &self,
        id: ConversationId,
        event: EncodedEvent,
        filter: impl Fn(&Recipient) -> bool + Send + Sync + 'static,
    ) {
        let audience = Audience::Conversations(vec![id]);
        let fanouts = [Fanout::to(event, filter)];
        let (priority, mut pending) = (FlushPriority::Immediate, PendingFlushes::new());
        self.emit_to_audience(&audience, None, &fanouts, priority, &mut pending);
        for (connection, _) in pending {
            connection.flush();
        }
    }

    /// Emits lists at once to these sockets. Returns those that could not take them: it is not their fault,
    /// and they get newer lists later.
    pub fn emit_lists(
        sockets: &[Arc<Subscriber>],
        lists: &[Arc<EncodedEvent>],
    ) -> Vec<SubscriberId> {
        let mut late = Vec::new();
        for subscriber in sockets {
            for list in lists {
                match subscriber.emit(list, FlushPriority::Immediate) {
                    Ok(Emitted::Enqueued(Some((connection, _)))) => connection.flush(),
                    Ok(_) => {}
                    Err(SlowConsumer) => late.push(subscriber.id),
                }
            }
        }
        late
    }

    /// Emits at once to one socket, as part of the answer to an event of its client.
    pub fn emit_answer(&self, subscriber: &Subscriber, event: &Arc<EncodedEvent>) {
        self.flush_emitted(subscriber, event, &subscriber.emit_answer(event));
    }

    /// Emits to one socket, behind the answer to the event of its client that is being processed.
    pub fn emit_after_answer(&self, subscriber: &Subscriber, event: &Arc<EncodedEvent>) {
        let emitted = subscriber.emit(event, FlushPriority::Immediate);
        self.flush_emitted(subscriber, event, &emitted);
    }

    fn flush_emitted(
        &self,
        subscriber: &Subscriber,
        event: &EncodedEvent,
        emitted: &Result<Emitted<'_>, SlowConsumer>,
    ) {
        match emitted {
            Ok(Emitted::Enqueued(Some((connection, _)))) => connection.flush(),
            Ok(_) => {}
            Err(SlowConsumer) => self.handle_slow_consumer(subscriber, event.is_volatile),
        }
    }

    fn fan_out(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        fanouts: &[Fanout],
        priority: FlushPriority,
    ) -> FanoutResult {
        let mut result = FanoutResult::default();
        let index = self.read();
        index.for_each(audience, except, |subscriber, is_in_room| {
            let user_id = subscriber.caller.user_id;
            let recipient = Recipient {
                user_id,
                is_in_room,
            };
            for fanout in fanouts.iter().filter(|it| (it.filter)(&recipient)) {
                match subscriber.emit(&fanout.event, priority) {
                    Ok(Emitted::Enqueued(flush)) => {
                        result.users.push(user_id);
                        let flush = flush.map(|(it, priority)| (it.clone(), priority));
                        result.pending.extend(flush);
                    }
                    Ok(Emitted::Buffered) => result.users.push(user_id),
                    Ok(Emitted::Dropped) => {}
                    Err(SlowConsumer) => {
                        let slow = (Arc::clone(subscriber), fanout.event.is_volatile);
                        result.slow.push(slow);
                    }
                }
            }
        });
        result
    }

    fn handle_slow_consumer(&self, subscriber: &Subscriber, is_volatile: bool) {
        counter!("parlance_socket_dropped_total", "door" => self.name).increment(1);
        if !is_volatile {
            self.abort(subscriber, "behind");
        }
    }
}

/// How sockets end.
impl Hub {
    /// Disconnects the socket for good: its client gets a DISCONNECT packet, and does not reconnect by
    /// itself.
    pub fn disconnect(&self, subscriber: &Subscriber) {
        subscriber.close();
        self.unregister(subscriber);
        // A socket that is not connected yet is rejected or disconnected by `socket_session.rs`.
        if subscriber.is_connected() && subscriber.socket.clone().disconnect().is_err() {
            self.abort_connection(&subscriber.socket, subscriber.connection.as_ref());
        }
    }

    /// Aborts the connection under the socket: its client reconnects by itself, and resumes by
    /// sequence.
    pub fn abort(&self, subscriber: &Subscriber, reason: &'static str) {
        counter!("parlance_socket_cut_total", "door" => self.name, "reason" => reason).increment(1);
        subscriber.close();
        self.unregister(subscriber);
        self.abort_connection(&subscriber.socket, subscriber.connection.as_ref());
    }

    pub fn abort_connection(&self, socket: &SocketRef, connection: Option<&Connection>) {
        match connection {
            Some(connection) => connection.abort(),
            None => self.polling_sessions.close(socket.id),
        }
    }
}
