//! The sequencer: puts the changes of all nodes into the order of each conversation's seq.
//!
//! A change that arrives early is buffered until the missing ones have arrived, or were read from
//! the database. It is pure state: it has no clock and does no I/O.
//!
//! In a conversation that a user of this node is subscribed to, it delivers each change at most
//! once, with these exceptions and limits:
//! - An `Unsubscribe` that arrives early is delivered at once, and again with its change.
//! - A repair delivers only the last change of each message, member or other entity.
//!
//! Of other conversations it delivers every change that this node committed. Of other nodes'
//! changes it delivers events with an audience on this node, and all deliveries that are not
//! events.

mod memberships;
mod repair;
mod subscriptions;
#[cfg(test)]
mod tests;
mod types;

pub use repair::RepairBatch;
pub use types::{Deliveries, Membership, MembershipSnapshot, Origin};

use crate::events::{Audience, ChangeSet, Delivery, SeqRange};
use model::{ConversationId, UserId};
use std::{collections::HashMap, sync::Arc, time::Instant};
use subscriptions::LocalSubscriptions;
use types::{Buffered, Gap, Stream};

/// Change sets that are buffered per conversation. What does not fit is read from the database.
const MAX_BUFFERED: usize = 1024;

/// Conversations in `Sequencer::forwarded`. Beyond it they are forgotten, and a user who connects just
/// then may receive a change twice.
const MAX_FORWARDED: usize = 8192;

#[derive(Default)]
pub struct Sequencer {
    /// The conversations that a user of this node is subscribed to.
    streams: HashMap<ConversationId, Stream>,
    subscriptions: LocalSubscriptions,
    /// Conversations in which a change is missing, or may be.
    gaps: HashMap<ConversationId, Gap>,
    /// While memberships are being read: the last seq of this node's own changes in conversations
    /// without a stream. They are in the queue of the gateways, and may reach the socket that connects.
    forwarded: HashMap<ConversationId, i64>,
}

impl Sequencer {
    /// Takes a change set of this node or another one. Should something be missing before it, the
    /// gap is read from the database at `due`.
    pub fn accept(
        &mut self,
        change_set: ChangeSet,
        origin: Origin,
        due: Instant,
        out: &mut Deliveries,
    ) {
        let Some(seqs) = change_set.seqs else {
            return self.accept_unsequenced(change_set, origin, out);
        };
        let id = seqs.conversation_id;
        self.open_stream(&change_set, seqs, due);
        let Some(stream) = self.streams.get_mut(&id) else {
            return self.forward(change_set, origin, out);
        };
        if seqs.last <= stream.delivered_seq {
            return;
        }
        if seqs.first > stream.delivered_seq + 1 {
            // A user who lost a membership receives nothing more, even while a change is missing.
            let unsubscribes = change_set.deliveries.iter();
            out.extend(
                unsubscribes
                    .filter(|it| matches!(***it, Delivery::Unsubscribe { .. }))
                    .cloned(),
            );
            if stream.buffered.len() < MAX_BUFFERED {
                let buffered = Buffered {
                    change_set,
                    node: origin.node,
                    unsequenced_after: Vec::new(),
                };
                stream.buffered.insert(seqs.first, buffered);
            }
            self.gaps.entry(id).or_insert(Gap {
                due,
                check_head: false,
            });
            return;
        }
        self.deliver(seqs, change_set.deliveries, out);
        self.release_buffered(id, out);
    }

    /// Returns whether a user of this node is subscribed to the conversation.
    pub fn is_subscribed(&self, id: ConversationId) -> bool {
        self.streams.contains_key(&id)
    }

    /// Every conversation that a user of this node is subscribed to.
    pub fn conversations(&self) -> Vec<ConversationId> {
        self.streams.keys().copied().collect()
    }

    /// When the next gap is to be read from the database.
    pub fn next_due(&self) -> Option<Instant> {
        self.gaps.values().map(|gap| gap.due).min()
    }

    /// Has the conversation compared with the database at `due`, or earlier where a gap was due
    /// earlier already. Nothing for a conversation without subscribers.
    pub fn schedule_check(&mut self, id: ConversationId, due: Instant) {
        if self.streams.contains_key(&id) {
            let gap = self.gaps.entry(id).or_insert(Gap {
                due,
                check_head: true,
            });
            gap.due = due.min(gap.due);
            gap.check_head = true;
        }
    }

    /// Delivers what belongs to no stream: of conversations without subscribers here, or of none.
    fn forward(&mut self, change_set: ChangeSet, origin: Origin, out: &mut Deliveries) {
        if let Some(seqs) = change_set.seqs.filter(|_| origin.is_local)
            && self.subscriptions.is_loading()
        {
            if self.forwarded.len() >= MAX_FORWARDED {
                self.forwarded.clear();
            }
            let last = self.forwarded.entry(seqs.conversation_id).or_default();
            *last = seqs.last.max(*last);
        }
        for delivery in change_set.deliveries {
            if origin.is_local || self.is_relevant(&delivery) {
                self.update_subscriptions(&delivery);
                out.push(delivery);
            }
        }
    }

    /// Takes unsequenced events: those without a seq. Those that a node published after a change
    /// that is buffered here wait for that change: receipts and unread counts refer to the messages
    /// before them.
    fn accept_unsequenced(&mut self, change_set: ChangeSet, origin: Origin, out: &mut Deliveries) {
        let first = change_set.deliveries.first();
        let id = first.and_then(|it| it.unsequenced_conversation());
        let stream = id.and_then(|id| self.streams.get_mut(&id));
        let buffered = stream.and_then(|it| {
            let mut newest_first = it.buffered.values_mut().rev();
            newest_first.find(|it| it.node == origin.node)
        });
        match buffered {
            Some(buffered) => buffered.unsequenced_after.extend(change_set.deliveries),
            None => self.forward(change_set, origin, out),
        }
    }

    /// Opens a stream where the change set subscribes the first user of this node.
    fn open_stream(&mut self, change_set: &ChangeSet, seqs: SeqRange, due: Instant) {
        let id = seqs.conversation_id;
        if self.streams.contains_key(&id) {
            return;
        }
        let subscribes_local_user = change_set.deliveries.iter().any(|it| match &**it {
            Delivery::Subscribe { user_ids, .. } => {
                user_ids.iter().any(|id| self.subscriptions.is_local(*id))
            }
            _ => false,
        });
        if subscribes_local_user {
            self.streams.insert(id, Stream::at(seqs.first - 1));
            // A later change may have arrived before this one, and found no stream.
            self.schedule_check(id, due);
        }
    }

    /// Delivers changes that are next in their stream.
    fn deliver(&mut self, seqs: SeqRange, deliveries: Vec<Arc<Delivery>>, out: &mut Deliveries) {
        let Some(stream) = self.streams.get_mut(&seqs.conversation_id) else {
            return;
        };
        let delivered = std::mem::replace(&mut stream.delivered_seq, seqs.last);
        for delivery in deliveries {
            if delivery.seq().is_none_or(|(_, seq)| seq > delivered) {
                self.update_subscriptions(&delivery);
                out.push(delivery);
            }
        }
    }

    /// Delivers what is buffered, up to the next gap.
    fn release_buffered(&mut self, id: ConversationId, out: &mut Deliveries) {
        while let Some(stream) = self.streams.get_mut(&id) {
            let Some(first) = stream.buffered.first_entry() else {
                if self.gaps.get(&id).is_some_and(|gap| !gap.check_head) {
                    self.gaps.remove(&id);
                }
                self.prune_stream(id);
                return;
            };
            if *first.key() > stream.delivered_seq + 1 {
                return;
            }
            let Buffered {
                change_set,
                unsequenced_after,
                ..
            } = first.remove();
            let seqs = change_set.seqs;
            if let Some(seqs) = seqs.filter(|it| it.last > stream.delivered_seq) {
                self.deliver(seqs, change_set.deliveries, out);
            }
            out.extend(unsequenced_after);
        }
    }

    /// Returns whether a user of this node could receive it, or gains or loses a subscription by
    /// it.
    fn is_relevant(&self, delivery: &Delivery) -> bool {
        match delivery {
            Delivery::Emit { audience, .. } => match audience {
                Audience::Conversations(ids) => ids.iter().any(|id| self.is_subscribed(*id)),
                Audience::Users(ids) => ids.iter().any(|id| self.subscriptions.is_local(*id)),
                Audience::Everyone => true,
            },
            _ => true,
        }
    }

    fn update_subscriptions(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Subscribe {
                conversation_id,
                user_ids,
            } if self.is_subscribed(*conversation_id) => {
                self.subscriptions.subscribe(*conversation_id, user_ids);
                self.stop_awaiting(*conversation_id, user_ids);
            }
            Delivery::Unsubscribe {
                conversation_id,
                user_ids,
            } => {
                self.subscriptions.unsubscribe(*conversation_id, user_ids);
                self.stop_awaiting(*conversation_id, user_ids);
            }
            Delivery::CloseConversation { conversation_id } => {
                self.subscriptions.close(*conversation_id);
                self.streams.remove(conversation_id);
                self.gaps.remove(conversation_id);
            }
            _ => {}
        }
    }

    /// These users were subscribed or unsubscribed.
    fn stop_awaiting(&mut self, id: ConversationId, user_ids: &[UserId]) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.awaiting.retain(|it| !user_ids.contains(it));
        }
        self.prune_stream(id);
    }

    /// Forgets the stream of a conversation that has lost its last subscriber here, unless something
    /// that is still to be delivered may subscribe another.
    fn prune_stream(&mut self, id: ConversationId) {
        if self.subscriptions.is_subscribed(id) {
            return;
        }
        let stream = self.streams.get(&id);
        if stream.is_none_or(|it| it.buffered.is_empty() && it.awaiting.is_empty()) {
            self.streams.remove(&id);
            self.gaps.remove(&id);
        }
    }
}
