//! The dispatcher of a door: what happened, told to whoever hears it, in order, one after the other.

use super::{Contract, door::Door};
use crate::shutdown::Shutdown;
use chat::{Audience, Delivery, events::Subscription};
use metrics::counter;
use model::{Event, UserId};
use socketioxide::{SocketIo, operators::BroadcastOperators};
use std::{sync::Arc, time::Duration};

/// How long events in flight have to be answered, and then clients to take the answers.
const FINISH: Duration = Duration::from_secs(4);
const LEAVE: Duration = Duration::from_secs(2);

pub async fn run<C: Contract>(
    door: Arc<Door<C>>,
    io: SocketIo,
    mut deliveries: Subscription,
    closing: Shutdown,
) {
    let dispatch = async {
        while let Some(delivery) = deliveries.next().await {
            match delivery {
                Ok(delivery) => door.deliver(&delivery),
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
    close(&door, &io).await;
}

impl<C: Contract> Door<C> {
    fn deliver(&self, delivery: &Delivery) {
        match delivery {
            Delivery::Tell {
                audience,
                except,
                event,
            } => self.tell(audience, *except, event),
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

    fn tell(&self, audience: &Audience, except: Option<UserId>, event: &Event) {
        let printed = match self.contract.print(event) {
            Some(Ok(printed)) => Arc::new(printed),
            Some(Err(error)) => {
                tracing::error!(%error, door = C::DOOR, "an event could not be printed");
                return;
            }
            None => return,
        };
        for seat in self.seats.tell(audience, except, &printed) {
            let labels = [("door", C::DOOR), ("event", event.name())];
            counter!("parlance_socket_dropped_total", &labels).increment(1);
            if !printed.is_volatile {
                self.cut(&seat, "behind");
            }
        }
    }
}

/// Answers what has been asked, then closes the connections and not the sockets: so clients come
/// back by themselves.
async fn close<C: Contract>(door: &Arc<Door<C>>, io: &SocketIo) {
    let seats = door.seats.all();
    for seat in &seats {
        seat.finish();
    }
    let finished = async {
        while !door.seats.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(FINISH, finished).await.is_err() {
        tracing::warn!(
            door = C::DOOR,
            "gave up on events that were not answered in time"
        );
    }
    let sockets = io
        .of("/")
        .map(BroadcastOperators::sockets)
        .unwrap_or_default();
    if tokio::time::timeout(LEAVE, io.close()).await.is_err() {
        for seat in &seats {
            door.cut(seat, "shutdown");
        }
    }
    for socket in sockets {
        // Their connections are gone, so this tells no client; the engine would keep them forever.
        let _ = socket.disconnect();
    }
}
