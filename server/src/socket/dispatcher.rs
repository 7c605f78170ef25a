//! The dispatcher of a door: what happened, told to whoever hears it, in order, one after the other.

use super::{Contract, Listener, Printed, Told, door::Door, received::Mark, seat::Seat};
use crate::shutdown::Shutdown;
use chat::{Audience, Delivery, events::Subscription};
use futures_util::future::join_all;
use metrics::counter;
use model::{ConversationId, Event, UserId};
use socketioxide::{SocketIo, operators::BroadcastOperators};
use std::{sync::Arc, time::Duration};

/// How long events in flight have to be answered, and then clients to take the answers.
const FINISH: Duration = Duration::from_secs(4);
const LEAVE: Duration = Duration::from_secs(2);

pub async fn run<C: Contract>(
    door: Arc<Door<C>>,
    engines: Vec<SocketIo>,
    mut deliveries: Subscription,
    closing: Shutdown,
) {
    let dispatch = async {
        while let Some(delivery) = deliveries.next().await {
            match delivery {
                Ok(delivery) => door.deliver(&delivery).await,
                Err(missed) => {
                    tracing::error!(%missed, door = C::DOOR, "the door was too slow");
                    counter!("parlance_socket_missed_total", "door" => C::DOOR).increment(missed.0);
                    door.seats
                        .all()
                        .iter()
                        .for_each(|seat| door.cut(seat, "missed"));
                }
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
    async fn deliver(&self, delivery: &Delivery) {
        match delivery {
            Delivery::Tell {
                audience,
                except,
                event,
            } => self.tell(audience, *except, event).await,
            Delivery::Admit {
                conversation_id,
                user_ids,
            } => self.seats.admit(*conversation_id, user_ids),
            Delivery::Evict {
                conversation_id,
                user_ids,
            } => self.seats.evict(*conversation_id, user_ids),
            Delivery::Close { conversation_id } => self.seats.close(*conversation_id),
            Delivery::EndSession(id) => {
                for seat in self.seats.of_session(*id) {
                    self.end(&seat);
                }
            }
        }
    }

    async fn tell(&self, audience: &Audience, except: Option<UserId>, event: &Event) {
        if self.seats.len() == 0 {
            return;
        }
        match self.contract.print(event).await {
            Ok(told) if told.is_empty() => {}
            Ok(told) => {
                let users = self.tell_all(audience, except, &told);
                if C::MARKS_RECEIVED {
                    self.mark_received(event, users);
                }
            }
            Err(error) => {
                tracing::error!(?error, door = C::DOOR, "an event could not be printed");
            }
        }
    }

    /// Answers with the users whose sockets took it.
    fn tell_all(&self, audience: &Audience, except: Option<UserId>, told: &[Told]) -> Vec<UserId> {
        let heard = self.seats.tell(audience, except, told);
        for (seat, harmless) in heard.behind {
            self.fall_behind(&seat, harmless);
        }
        heard.users
    }

    fn mark_received(&self, event: &Event, mut users: Vec<UserId>) {
        let Event::MessageSent { message, .. } = event else {
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
        printed: Printed,
        hears: impl Fn(&Listener) -> bool + Send + Sync + 'static,
    ) {
        let audience = Audience::Conversations(vec![id]);
        self.tell_all(&audience, None, &[Told::to(printed, hears)]);
    }

    pub fn tell_seat(&self, seat: &Seat, printed: &Arc<Printed>) {
        if seat.tell(printed).is_err() {
            self.fall_behind(seat, printed.is_volatile);
        }
    }

    fn fall_behind(&self, seat: &Seat, harmless: bool) {
        counter!("parlance_socket_dropped_total", "door" => C::DOOR).increment(1);
        if !harmless {
            self.cut(seat, "behind");
        }
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
