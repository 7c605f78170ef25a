//! The dispatcher of a door: what happened, told to whoever hears it, in order, one after the other.

use super::{
    Contract, EncodedEvent, Fanout, Recipient,
    door::Door,
    line::{Behind, Haste, Line},
    received::Mark,
    seat::Seat,
};
use crate::shutdown::Shutdown;
use chat::{
    Audience, Delivery,
    events::{Lagged, Subscription},
};
use futures_util::{StreamExt, future::join_all, stream};
use metrics::counter;
use model::{ConversationId, Event, UserId};
use socketioxide::{SocketIo, operators::BroadcastOperators};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How long events in flight have to be answered, and then clients to take the answers.
const FINISH: Duration = Duration::from_secs(4);
const LEAVE: Duration = Duration::from_secs(2);

/// How many hear something of their own with an event: each is a query, and the door waits.
const MOST_PERSONAL: usize = 100;
const PRINTED_AT_ONCE: usize = 4;

/// Deliveries that wait for their turn on a line, at most: what comes then waits here.
const TOLD_AT_ONCE: usize = 64;

/// Where something is to be sent, and how soon.
type Due = Vec<(Line, Haste)>;

pub async fn run<C: Contract>(
    door: Arc<Door<C>>,
    engines: Vec<SocketIo>,
    mut deliveries: Subscription,
    closing: Shutdown,
) {
    // Until the end of this function.
    let _writers = door.unsent.write();
    let dispatch = async {
        let mut due = Due::new();
        let mut told = 0;
        while let Some(first) = deliveries.next().await {
            let mut next = Some(first);
            while let Some(delivery) = next {
                door.hear(delivery, &mut due).await;
                told += 1;
                next = if told < TOLD_AT_ONCE {
                    deliveries.try_next()
                } else {
                    None
                };
            }
            door.unsent.send(&mut due);
            if told >= TOLD_AT_ONCE {
                door.unsent.done().await;
            }
            if door.unsent.is_done() {
                told = 0;
            }
        }
    };
    tokio::select! {
        () = dispatch => {}
        () = closing.begun() => {}
    }
    close(&door, &engines).await;
}

impl<C: Contract> Door<C> {
    async fn hear(&self, delivery: Result<Arc<Delivery>, Lagged>, due: &mut Due) {
        match delivery {
            Ok(delivery) => self.deliver(&delivery, due).await,
            Err(missed) => {
                tracing::error!(%missed, door = C::DOOR, "the door was too slow");
                counter!("parlance_socket_missed_total", "door" => C::DOOR).increment(missed.0);
                for seat in self.seats.all() {
                    self.cut(&seat, "missed");
                }
            }
        }
    }

    async fn deliver(&self, delivery: &Delivery, due: &mut Due) {
        match delivery {
            Delivery::Emit {
                audience,
                except,
                event,
            } => self.tell(audience, *except, event, due).await,
            Delivery::Subscribe {
                conversation_id,
                user_ids,
            } => self.seats.admit(*conversation_id, user_ids),
            Delivery::Unsubscribe {
                conversation_id,
                user_ids,
            } => self.seats.evict(*conversation_id, user_ids),
            Delivery::CloseConversation { conversation_id } => self.seats.close(*conversation_id),
            Delivery::DisconnectSession(id) => {
                for seat in self.seats.of_session(*id) {
                    self.end(&seat);
                }
            }
            Delivery::DisconnectUser(id) => {
                for seat in self.seats.of_user(*id) {
                    self.end(&seat);
                }
            }
        }
    }

    async fn tell(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        event: &Event,
        due: &mut Due,
    ) {
        if self.seats.len() == 0 {
            return;
        }
        match self.contract.render(event).await {
            Ok(told) if told.is_empty() => {}
            Ok(told) => {
                let users = self.tell_all(audience, except, &told, haste(event), due);
                if C::MARKS_RECEIVED {
                    self.mark_received(event, users);
                }
            }
            Err(error) => {
                tracing::error!(?error, door = C::DOOR, "an event could not be printed");
                // They come back, and ask for what they missed.
                if !event.is_volatile() {
                    for seat in self.seats.of(audience, except) {
                        self.cut(&seat, "unprinted");
                    }
                }
            }
        }
        if self.contract.is_personalised(event) {
            // Nobody waits for what others hear of their own.
            self.unsent.send(due);
            self.tell_each(audience, except, event, due).await;
        }
    }

    /// Tells each of the audience something of their own; nobody where there are too many.
    async fn tell_each(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        event: &Event,
        due: &mut Due,
    ) {
        let seats = self.seats.of(audience, except).into_iter();
        let callers: HashMap<_, _> = seats
            .map(|seat| (seat.caller.user_id, seat.caller))
            .collect();
        if callers.len() > MOST_PERSONAL {
            return;
        }
        let printing: Vec<_> = callers
            .values()
            .map(|caller| self.contract.render_for(caller, event))
            .collect();
        let mut printing = stream::iter(printing).buffered(PRINTED_AT_ONCE);
        for user_id in callers.keys() {
            let Some(printed) = printing.next().await else {
                break;
            };
            match printed {
                Ok(printed) => {
                    let told: Vec<_> = printed.into_iter().map(Fanout::to_all).collect();
                    let audience = Audience::Users(vec![*user_id]);
                    self.tell_all(&audience, None, &told, haste(event), due);
                }
                Err(error) => {
                    tracing::error!(?error, door = C::DOOR, "an event could not be printed");
                }
            }
        }
    }

    /// Answers with the users whose sockets took it.
    fn tell_all(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        told: &[Fanout],
        haste: Haste,
        due: &mut Due,
    ) -> Vec<UserId> {
        let heard = self.seats.tell(audience, except, told, haste);
        due.extend(heard.unsent);
        for (seat, harmless) in heard.behind {
            self.fall_behind(&seat, harmless);
        }
        heard.users
    }

    fn mark_received(&self, event: &Event, mut users: Vec<UserId>) {
        let Event::MessageCreated { message, .. } = event else {
            return;
        };
        users.retain(|id| *id != message.sender.id);
        if !users.is_empty() {
            self.received.mark(Mark {
                conversation_id: message.conversation_id,
                position: message.position,
                users,
            });
        }
    }

    /// Tells those of the members who are to hear it.
    pub fn tell_members(
        &self,
        id: ConversationId,
        printed: EncodedEvent,
        hears: impl Fn(&Recipient) -> bool + Send + Sync + 'static,
    ) {
        let audience = Audience::Conversations(vec![id]);
        let told = [Fanout::to(printed, hears)];
        let mut due = Due::new();
        self.tell_all(&audience, None, &told, Haste::Now, &mut due);
        for (line, _) in due {
            line.flush();
        }
    }

    pub fn tell_seat(&self, seat: &Seat, printed: &Arc<EncodedEvent>) {
        match seat.tell(printed, Haste::Now) {
            Ok(unsent) => unsent.into_iter().for_each(|(line, _)| line.flush()),
            Err(Behind) => self.fall_behind(seat, printed.is_volatile),
        }
    }

    fn fall_behind(&self, seat: &Seat, harmless: bool) {
        counter!("parlance_socket_dropped_total", "door" => C::DOOR).increment(1);
        if !harmless {
            self.cut(seat, "behind");
        }
    }
}

fn haste(event: &Event) -> Haste {
    if event.is_deferrable() {
        Haste::Soon
    } else {
        Haste::Now
    }
}

/// Answers what has been asked, then closes the connections and not the sockets: so clients come
/// back by themselves.
async fn close<C: Contract>(door: &Arc<Door<C>>, engines: &[SocketIo]) {
    let seats = door.seats.all();
    for seat in &seats {
        seat.finish();
    }
    let finished = async {
        while door.seats.len() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(FINISH, finished).await.is_err() {
        tracing::warn!(
            door = C::DOOR,
            "gave up on events that were not answered in time"
        );
    }
    let namespaces = C::ENGINES.iter().map(|engine| engine.namespaces);
    let spaces = engines.iter().zip(namespaces);
    let sockets: Vec<_> = spaces
        .flat_map(|(io, names)| names.iter().filter_map(|name| io.of(*name)))
        .flat_map(BroadcastOperators::sockets)
        .collect();
    let closed = join_all(engines.iter().map(SocketIo::close));
    if tokio::time::timeout(LEAVE, closed).await.is_err() {
        for seat in &seats {
            door.cut(seat, "shutdown");
        }
    }
    for socket in sockets {
        // Their connections are gone, so this tells no client; the engine would keep them forever.
        let _ = socket.disconnect();
    }
}
