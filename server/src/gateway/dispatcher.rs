//! The dispatcher of a gateway: takes deliveries from the bus one after the other, and emits their
//! events to the hub's subscribers.

use super::{
    contract::{self, Contract},
    delivery_receipts::DeliveredUpTo,
    flush_queue::PendingFlushes,
    outgoing::Fanout,
    state::Gateway,
    write_queue::FlushPriority,
};
use chat::{
    Audience, Delivery, Error,
    events::{Lagged, Subscription},
};
use metrics::counter;
use model::{Event, UserId};
use std::sync::Arc;

/// Users in an audience whose lists an event changes, at most. In a larger audience nobody gets a list,
/// as each costs a query.
const MAX_LISTED: usize = 100;

/// Deliveries that are enqueued before the flush queue has to be drained. It bounds what waits there;
/// later deliveries wait in the subscription.
const DELIVERIES_PER_ROUND: usize = 64;

/// Dispatches until the subscription ends.
pub async fn run<C: Contract>(gateway: &Gateway<C>, mut deliveries: Subscription) {
    let flush_queue = &gateway.hub.flush_queue;
    let mut pending = PendingFlushes::new();
    let mut dispatched = 0;
    while let Some(first) = deliveries.next().await {
        let mut next = Some(first);
        while let Some(delivery) = next {
            gateway.dispatch(delivery, &mut pending).await;
            dispatched += 1;
            next = if dispatched < DELIVERIES_PER_ROUND {
                deliveries.try_next()
            } else {
                None
            };
        }
        flush_queue.schedule(&mut pending);
        if dispatched >= DELIVERIES_PER_ROUND {
            flush_queue.drained().await;
        }
        if flush_queue.is_drained() {
            dispatched = 0;
        }
    }
}

impl<C: Contract> Gateway<C> {
    async fn dispatch(
        &self,
        delivery: Result<Arc<Delivery>, Lagged>,
        pending: &mut PendingFlushes,
    ) {
        match delivery {
            Ok(delivery) => match self.render_queue.conversation_of::<C>(&delivery) {
                Some(id) => self.render_queue.push(id, delivery).await,
                None => self.deliver(&delivery, pending).await,
            },
            Err(lagged) => {
                tracing::error!(missed = %lagged, door = C::DOOR, "the dispatcher has lagged behind");
                counter!("parlance_socket_missed_total", "door" => C::DOOR).increment(lagged.0);
                for subscriber in self.hub.all() {
                    self.hub.abort(&subscriber, "missed");
                }
            }
        }
    }

    async fn deliver(&self, delivery: &Delivery, pending: &mut PendingFlushes) {
        match delivery {
            Delivery::Emit {
                audience,
                except,
                event,
            } => self.emit_event(audience, *except, event, pending).await,
            Delivery::Subscribe {
                conversation_id,
                user_ids,
            } => self.hub.subscribe(*conversation_id, user_ids),
            Delivery::Unsubscribe {
                conversation_id,
                user_ids,
            } => self.hub.unsubscribe(*conversation_id, user_ids),
            Delivery::CloseConversation { conversation_id } => {
                self.hub.close_conversation(*conversation_id);
            }
            Delivery::DisconnectSession(id) => {
                for subscriber in self.hub.of_session(*id) {
                    self.hub.disconnect(&subscriber);
                }
            }
            Delivery::DisconnectUser(id) => {
                for subscriber in self.hub.of_user(*id) {
                    self.hub.disconnect(&subscriber);
                }
            }
        }
    }

    pub async fn emit_event(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        event: &Event,
        pending: &mut PendingFlushes,
    ) {
        if let Event::UserUpdated { profile } = event {
            self.changed_users.add(profile.id);
        }
        // Nothing is rendered for nobody: most people have no socket at most contracts.
        if self.hub.has_audience(audience, except) {
            self.emit_to_audience(audience, except, event, pending)
                .await;
        }
        if let Event::PresenceChanged(presence) = event {
            self.follow_visibility(presence.user_id).await;
        }
    }

    async fn emit_to_audience(
        &self,
        audience: &Audience,
        except: Option<UserId>,
        event: &Event,
        pending: &mut PendingFlushes,
    ) {
        match self.rendered(event).await {
            Ok(fanouts) if fanouts.is_empty() => {}
            Ok(fanouts) => {
                let priority = flush_priority(event);
                let left = self.audience_left(audience, event);
                let audience = left.as_ref().unwrap_or(audience);
                let users = self
                    .hub
                    .emit_to_audience(audience, except, &fanouts, priority, pending);
                if event.seq().is_some() {
                    self.changed_lists.note_emitted(&users);
                }
                if C::MARKS_RECEIVED {
                    self.mark_delivered(event, users);
                }
            }
            // What it is about has been deleted meanwhile.
            Err(Error::NotFound(_)) if C::renders_with_query(event) => {}
            Err(error) => {
                tracing::error!(?error, door = C::DOOR, "an event could not be rendered");
                // Their clients reconnect, and ask for what they have missed.
                if !event.is_volatile() {
                    for subscriber in self.hub.audience(audience, except) {
                        self.hub.abort(&subscriber, "unprinted");
                    }
                }
            }
        }
        let lists = C::changed_lists(event);
        if !lists.is_empty()
            && let Some(users) = self.hub.users_of(audience, except, MAX_LISTED)
        {
            self.changed_lists.add(users, lists);
        }
    }

    /// What the contract renders of an event, with the ids of the users in it.
    async fn rendered(&self, event: &Event) -> chat::Result<Vec<Fanout>> {
        let mut fanouts = contract::render::<C>(&self.chat, event).await?;
        for fanout in &mut fanouts {
            if let (Event::MessageCreated { message, .. }, Some(encoded)) =
                (event, Arc::get_mut(&mut fanout.event))
            {
                encoded.sender = Some(message.sender.id);
            }
            fanout.event.resolve(&self.chat, C::USER_IDS).await?;
        }
        Ok(fanouts)
    }

    fn mark_delivered(&self, event: &Event, mut users: Vec<UserId>) {
        let Event::MessageCreated { message, .. } = event else {
            return;
        };
        users.retain(|id| *id != message.sender.id);
        if !users.is_empty() {
            self.delivery_receipts.mark(DeliveredUpTo {
                conversation_id: message.conversation_id,
                position: message.position,
                users,
            });
        }
    }
}

fn flush_priority(event: &Event) -> FlushPriority {
    if event.is_deferrable() {
        FlushPriority::Deferred
    } else {
        FlushPriority::Immediate
    }
}
