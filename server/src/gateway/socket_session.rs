//! The session of a socket: what a gateway does with it from its CONNECT to its end. It is not the
//! login session, which has a token and may have many sockets.

use super::{
    arguments::{Ack, Arguments},
    client_address::ClientAddress,
    client_events::ClientEvent,
    connection::Connection,
    contract::Contract,
    event_context::EventContext,
    handshake::Handshake,
    inbox::{self, QueuedEvent},
    limits::MAX_FIRST_READS,
    pending_connects::{PendingConnect, PendingConnects, Registration},
    queue_budget::SocketPermit,
    refusals::Refusals,
    state::Gateway,
    subscriber::{GoneLive, Subscriber},
    user_ref,
    write_queue::SlowConsumer,
};
use crate::problem::ApiError;
use chat::{Authentication, Error, Origin, PresenceGuard};
use futures_util::{StreamExt, stream::FuturesUnordered};
use metrics::{counter, histogram};
use serde::Serialize;
use serde_json::Value;
use socketioxide::extract::SocketRef;
use std::{sync::Arc, time::Instant};
use tokio::sync::mpsc;

/// Overlapping events of one socket that may be processed at a time, where the contract allows any.
const MAX_OVERLAPPING_EVENTS: usize = 64;

const TOO_MANY_SOCKETS: &str =
    "This account has too many connections. Close some of them, and connect again.";

/// Before CONNECT is answered.
impl<C: Contract> Gateway<C> {
    /// The connect middleware: authenticates the caller, listens for events and registers the socket
    /// before CONNECT is answered, so that nothing is missed from the next moment on. The error is the
    /// message of a `connect_error`.
    pub async fn accept(
        self: &Arc<Self>,
        socket: &SocketRef,
        auth: Value,
        pending_connects: &PendingConnects,
    ) -> Result<(), String> {
        match self.register(socket, &auth).await {
            Ok(pending) => {
                pending_connects.insert(socket, pending);
                Ok(())
            }
            Err(error) => Err(self.reject_connect(socket, &error)),
        }
    }

    async fn register(
        self: &Arc<Self>,
        socket: &SocketRef,
        auth: &Value,
    ) -> chat::Result<PendingConnect> {
        self.count_connect(socket)?;
        let handshake = handshake(socket, auth);
        let mut authentication = C::authenticate(&self.chat, &handshake).await?;
        let ClientAddress(address) = client_address(socket);
        authentication.caller = authentication.caller.from(Origin {
            address,
            door: Some(C::DOOR),
            ..Origin::default()
        });
        let account = self.queue_budget.account(authentication.caller.user_id);
        let permit = SocketPermit::take(&account).ok_or(Error::Conflict(TOO_MANY_SOCKETS))?;
        let inbox = inbox::listen(self, socket);
        let registration = self.registration(socket, &authentication, permit);
        // A second time: a login session that ended before the registration did not find the socket.
        let Authentication { caller, .. } = C::authenticate(&self.chat, &handshake).await?;
        let subscriber = &registration.subscriber;
        subscriber.set_role(caller.role);
        let memberships = self.chat.memberships(&caller).await?;
        self.hub.subscribe_all(subscriber.id, memberships);
        // Its login session was revoked or its user blocked while it was being registered.
        if subscriber.is_closed() {
            return Err(Error::Unauthenticated("The session has ended."));
        }
        Ok(PendingConnect {
            registration,
            inbox,
            registered_at: Instant::now(),
        })
    }

    /// Registers the socket; what waits for it counts for its account.
    fn registration(
        &self,
        socket: &SocketRef,
        authentication: &Authentication,
        permit: SocketPermit,
    ) -> Registration {
        let connection = Connection::of(socket);
        let polling_queue = if let Some(connection) = &connection {
            connection.charge_to(permit.account());
            None
        } else {
            let sessions = &self.hub.polling_sessions;
            Some(sessions.open_queue(socket.id, permit.account()))
        };
        let subscriber = Subscriber::new(authentication, socket.clone(), connection, polling_queue);
        Registration::new(Arc::clone(&self.hub), Arc::new(subscriber), permit)
    }

    /// Counts a connect for the client's network, before anything is done for it.
    pub(super) fn count_connect(&self, socket: &SocketRef) -> chat::Result<()> {
        let address = socket.req_parts().extensions.get::<ClientAddress>();
        match (&self.handshake_limiter, address) {
            (Some(limiter), Some(ClientAddress(address))) => limiter.check_connect(*address),
            _ => Ok(()),
        }
    }

    pub(super) fn reject_connect(&self, socket: &SocketRef, error: &Error) -> String {
        counter!("parlance_socket_connections_refused_total", "door" => C::DOOR).increment(1);
        if error.may_pass() {
            if !matches!(error, Error::TooManyRequests { .. }) {
                tracing::warn!(?error, door = C::DOOR, "a socket could not be registered");
            }
            // Clients reconnect after a broken connection, but not after a `connect_error`.
            let connection = Connection::of(socket);
            self.hub.abort_connection(socket, connection.as_ref());
        } else if let Some(connection) = self.hub.polling_sessions.connection_of(socket) {
            connection.count_refused_connect();
        }
        C::render_connect_error(error)
    }
}

/// From the answer to CONNECT to the end.
impl<C: Contract> Gateway<C> {
    /// The connect handler: runs the session until the socket has ended.
    pub async fn run_session(
        self: Arc<Self>,
        socket: SocketRef,
        pending_connects: &PendingConnects,
    ) {
        let Some(pending) = pending_connects.take(&socket) else {
            let connection = Connection::of(&socket);
            return self.hub.abort_connection(&socket, connection.as_ref());
        };
        let subscriber = &pending.registration.subscriber;
        subscriber.mark_connected();
        if subscriber.is_closed() {
            return self.hub.disconnect(subscriber);
        }
        let user_id = subscriber.caller.user_id;
        tracing::debug!(%user_id, door = C::DOOR, "a socket connected");
        // Boxed, so that an idle socket keeps no memory for the futures of its beginning and end.
        let _presence = match Box::pin(self.go_live(subscriber)).await {
            Ok(presence) => presence,
            Err(error) => return self.close_after_failure(subscriber, &error),
        };
        self.process_inbox(subscriber, pending.inbox).await;
        self.hub.unregister(subscriber);
        tracing::debug!(%user_id, door = C::DOOR, "a socket ended");
        let rooms = subscriber.take_rooms_left();
        if !rooms.is_empty() && !self.chat.is_invisible(user_id) {
            let context = self.context(subscriber);
            Box::pin(C::on_leave_rooms(&context, &rooms)).await;
        }
    }

    async fn go_live(&self, subscriber: &Subscriber) -> chat::Result<PresenceGuard> {
        let presence = self.chat.connect(&subscriber.caller).await?;
        subscriber.connect_acked().await;
        for _ in 0..MAX_FIRST_READS {
            let first_events = C::on_connect(&self.chat, &subscriber.current_caller()).await?;
            for event in &first_events {
                event.resolve(&self.chat, C::USER_IDS).await?;
            }
            match subscriber.go_live(first_events, C::REPEATABLE) {
                Ok(GoneLive::Yes) => return Ok(presence),
                Ok(GoneLive::ReadAgain) => {}
                Err(SlowConsumer) => break,
            }
        }
        self.hub.abort(subscriber, "behind");
        Ok(presence)
    }

    /// Starts the events in the order of arrival. Each waits until the one before it is answered,
    /// unless the contract lets it overlap; and for `READ_PAUSE` where the socket was refused too much lately.
    async fn process_inbox(
        &self,
        subscriber: &Subscriber,
        mut inbox: mpsc::Receiver<Box<QueuedEvent>>,
    ) {
        let mut refusals = Refusals::new(self.rate_limited);
        let mut in_progress = FuturesUnordered::new();
        let mut next = None;
        loop {
            let started = next.take_if(|it: &mut ParsedEvent| {
                let fits = it.overlaps() && in_progress.len() < MAX_OVERLAPPING_EVENTS;
                !refusals.is_pausing() && (in_progress.is_empty() || fits)
            });
            if let Some(event) = started {
                let overlaps = event.overlaps();
                in_progress.push(Box::pin(self.process_event(subscriber, event)));
                if !overlaps && let Some(is_refused) = in_progress.next().await {
                    refusals.note(is_refused);
                }
            }
            tokio::select! {
                biased;
                Some(is_refused) = in_progress.next() => refusals.note(is_refused),
                () = refusals.pause_ended(), if refusals.is_pausing() => {}
                queued = inbox.recv(), if next.is_none() => match queued {
                    Some(queued) if !subscriber.is_closed() => {
                        next = Some(ParsedEvent::parse::<C>(*queued));
                    }
                    Some(_) => {}
                    None => break,
                },
                () = subscriber.drain_requested() => {
                    inbox.close();
                    refusals.end();
                }
            }
        }
        while in_progress.next().await.is_some() {}
    }

    /// Whether the event is refused for what it asks.
    async fn process_event(&self, subscriber: &Subscriber, event: ParsedEvent) -> bool {
        let started = Instant::now();
        let ParsedEvent {
            content,
            known,
            ack,
        } = event;
        let label = known.map_or("unknown", |known| known.name);
        let Some((name, arguments)) = content else {
            let error = Error::invalid("event", "can't be read").into();
            self.reject_event(subscriber, ack, "", &error);
            return true;
        };
        let user_id = subscriber.caller.user_id;
        let context = self.context(subscriber);
        // Events that overlap have no common end to wait for.
        let answers_first = known.is_some_and(|known| !known.overlaps);
        if answers_first {
            subscriber.begin_answer();
        }
        let handled = match known {
            Some(known) => match C::require_scope(context.caller(), known.name) {
                Ok(()) => (known.handle)(&context, arguments).await,
                Err(error) => Err(error.into()),
            },
            None => Err(Error::invalid("event", "is unknown").into()),
        };
        let mut is_refused = false;
        match handled {
            Ok(answer) => self.acknowledge(subscriber, ack, &name, &answer).await,
            Err(error) => {
                error.log();
                let problem = error.problem();
                // What fails for the server's sake is nobody's flood.
                is_refused = problem.status < 500;
                let reason = problem.detail;
                tracing::debug!(%user_id, door = C::DOOR, %label, reason, "refused");
                self.reject_event(subscriber, ack, &name, &error);
            }
        }
        if answers_first && subscriber.end_answer() == Err(SlowConsumer) {
            self.hub.abort(subscriber, "behind");
        }
        tracing::debug!(%user_id, door = C::DOOR, %label, "an event was answered");
        let labels = [("door", C::DOOR), ("event", label)];
        counter!("parlance_socket_events_total", &labels).increment(1);
        histogram!("parlance_socket_event_seconds", &labels).record(started.elapsed());
        is_refused
    }

    /// Emits the contract's error event before the acknowledgement, for clients that wait for either.
    fn reject_event(&self, subscriber: &Subscriber, ack: Ack, event: &str, error: &ApiError) {
        let rejection = C::render_error(event, error);
        if let Some(event) = rejection.event {
            self.hub.emit_answer(subscriber, &Arc::new(event));
        }
        self.send_ack(subscriber, ack, &rejection.ack);
    }

    /// Acknowledges an event with what its handler answered, in the ids of the caller's app.
    async fn acknowledge(&self, subscriber: &Subscriber, ack: Ack, event: &str, answer: &Value) {
        let viewer = (&subscriber.caller).into();
        match user_ref::fill(&self.chat, C::USER_IDS, viewer, answer.to_string()).await {
            Ok(answer) => self.send_ack(subscriber, ack, &answer),
            Err(error) => self.reject_event(subscriber, ack, event, &error.into()),
        }
    }

    fn send_ack(&self, subscriber: &Subscriber, ack: Ack, answer: &(impl Serialize + Sync)) {
        if subscriber.acknowledge(ack, answer) == Err(SlowConsumer) {
            self.hub.abort(subscriber, "behind");
        }
    }

    /// Ends a connected socket whose first events could not be made.
    fn close_after_failure(&self, subscriber: &Subscriber, error: &Error) {
        if error.may_pass() {
            tracing::warn!(?error, door = C::DOOR, "a socket could not go live");
            self.hub.abort(subscriber, "unavailable");
        } else {
            self.hub.disconnect(subscriber);
        }
    }

    fn context<'a>(&'a self, subscriber: &'a Subscriber) -> EventContext<'a> {
        EventContext::new(&self.chat, &self.hub, subscriber, C::USER_IDS)
    }
}

/// An event of the client after parsing.
struct ParsedEvent {
    /// Name and arguments; none if the packet is not valid.
    content: Option<(String, Arguments)>,
    ack: Ack,
    /// The event in the contract's table; none if the contract does not have it.
    known: Option<&'static ClientEvent>,
}

impl ParsedEvent {
    fn parse<C: Contract>(queued: QueuedEvent) -> Self {
        let (content, ack) = queued.inbound.into_parts();
        let name = content.as_ref().map_or("", |(name, _)| name);
        Self {
            known: C::EVENTS.iter().find(|known| known.name == name),
            content,
            ack,
        }
    }

    fn overlaps(&self) -> bool {
        self.known.is_some_and(|known| known.overlaps)
    }
}

pub(super) fn handshake<'a>(socket: &'a SocketRef, auth: &'a Value) -> Handshake<'a> {
    let parts = socket.req_parts();
    Handshake {
        auth,
        headers: &parts.headers,
        uri: &parts.uri,
    }
}

fn client_address(socket: &SocketRef) -> ClientAddress {
    let known = socket.req_parts().extensions.get::<ClientAddress>();
    known.copied().unwrap_or_default()
}
