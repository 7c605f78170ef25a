//! Repair of gaps: when the database is to be asked, and what becomes of its answer.

use super::{Sequencer, types::Deliveries};
use crate::events::{Audience, Delivery};
use model::{ConversationId, ConversationSummary, Event, UserId};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// The changes of one conversation, as they were read from the database.
pub struct RepairBatch {
    pub conversation_id: ConversationId,
    /// The seq up to which changes had been delivered when this was read.
    pub after: i64,
    /// All changes after it, in order, each entity once and under its last seq.
    pub changes: Vec<Event>,
    /// The last seq that `changes` covers.
    pub up_to: i64,
    /// Whether the database has changes after that.
    pub has_more: bool,
    /// The conversation as each local user sees it who was added by one of the changes.
    pub summaries: HashMap<UserId, ConversationSummary>,
}

impl Sequencer {
    /// Takes at most `max` gaps that are due: each conversation with its delivered seq.
    pub fn take_due(&mut self, now: Instant, max: usize) -> Vec<(ConversationId, i64)> {
        let due = self.gaps.iter().filter(|(_, gap)| gap.due <= now);
        let ids: Vec<_> = due.map(|(id, _)| *id).take(max).collect();
        let due = ids.into_iter().filter_map(|id| {
            self.gaps.remove(&id);
            Some((id, self.streams.get(&id)?.delivered_seq))
        });
        due.collect()
    }

    /// Makes all gaps due now: with the connection lost, nothing will arrive to close them.
    pub fn expire_gaps(&mut self, now: Instant) {
        for gap in self.gaps.values_mut() {
            gap.due = now.min(gap.due);
        }
    }

    /// Schedules a check when `head`, the conversation's seq in the database, is ahead of what was
    /// delivered. The change may still arrive before `due`.
    pub fn note_head(&mut self, id: ConversationId, head: i64, due: Instant) {
        if self
            .streams
            .get(&id)
            .is_some_and(|it| it.delivered_seq < head)
        {
            self.schedule_check(id, due);
        }
    }

    /// Delivers the missing changes, and returns their number. When something was delivered
    /// since they were read, they are dropped and read again, because they may overlap with it.
    pub fn apply_repair(
        &mut self,
        repair: RepairBatch,
        now: Instant,
        out: &mut Deliveries,
    ) -> usize {
        let RepairBatch {
            conversation_id: id,
            up_to,
            ..
        } = repair;
        let mut summaries = repair.summaries;
        let Some(stream) = self.streams.get_mut(&id) else {
            return 0;
        };
        let mut count = 0;
        let mut again = repair.has_more;
        if stream.delivered_seq == repair.after {
            stream.delivered_seq = up_to;
            count = repair.changes.len();
            let added = self.subscribe_added(id, &repair.changes);
            for event in repair.changes {
                self.deliver_change(id, event, out);
            }
            deliver_added((id, up_to), added, &mut summaries, out);
            self.release_buffered(id, out);
        } else {
            again |= stream.delivered_seq < up_to;
        }
        let stream = self.streams.get(&id);
        let has_gap = stream.is_some_and(|it| !it.buffered.is_empty());
        if has_gap || again {
            self.schedule_check(id, now);
        }
        count
    }

    /// Delivers a change as the verb that committed it would have published it. Who was added is
    /// subscribed by `deliver_added`.
    fn deliver_change(&mut self, id: ConversationId, event: Event, out: &mut Deliveries) {
        let Event::MemberRemoved { seq, user_id, .. } = &event else {
            out.push(Arc::new(Delivery::to_conversation(id, event)));
            return;
        };
        let (seq, user_id) = (*seq, *user_id);
        let unsubscribe = Delivery::Unsubscribe {
            conversation_id: id,
            user_ids: vec![user_id],
        };
        self.update_subscriptions(&unsubscribe);
        let removed = Event::ConversationRemoved {
            conversation_id: id,
            seq,
        };
        out.push(Arc::new(unsubscribe));
        out.push(Arc::new(Delivery::to_user(user_id, removed)));
        out.push(Arc::new(Delivery::to_conversation(id, event)));
    }

    /// Subscribes those whom the changes added, and returns them, each with whether they were
    /// subscribed before. It comes first, because the last other subscriber may be among the removed.
    fn subscribe_added(&mut self, id: ConversationId, changes: &[Event]) -> Vec<(UserId, bool)> {
        let mut added = Vec::new();
        for event in changes {
            if let Event::MemberAdded { member, .. } = event {
                let user_id = member.user.id;
                added.push((user_id, self.subscriptions.is_user_subscribed(user_id, id)));
                self.subscriptions.subscribe(id, &[user_id]);
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.awaiting.remove(&user_id);
                }
            }
        }
        added
    }

    /// The database has no such conversation any more: emits its removal and closes it.
    pub fn conversation_deleted(&mut self, id: ConversationId, out: &mut Deliveries) {
        let Some(stream) = self.streams.get(&id) else {
            return;
        };
        let removed = Event::ConversationRemoved {
            conversation_id: id,
            seq: stream.delivered_seq + 1,
        };
        // By name: the access audit may have unsubscribed some of them from the gateways.
        out.push(Arc::new(Delivery::Emit {
            audience: Audience::Users(self.subscriptions.subscribers(id)),
            except: None,
            event: removed,
        }));
        let close = Delivery::CloseConversation {
            conversation_id: id,
        };
        self.update_subscriptions(&close);
        out.push(Arc::new(close));
    }
}

/// Subscribes those whom the changes added, after all of these changes, and tells them that the
/// conversation begins for them at the seq that was delivered last. It was read together with the
/// changes, so it holds what they did; told any earlier, a client would take a later change for one that
/// it has, or apply one twice. Those who were subscribed before know the conversation already.
fn deliver_added(
    (id, seq): (ConversationId, i64),
    added: Vec<(UserId, bool)>,
    summaries: &mut HashMap<UserId, ConversationSummary>,
    out: &mut Deliveries,
) {
    for (user_id, was_subscribed) in added {
        out.push(Arc::new(Delivery::Subscribe {
            conversation_id: id,
            user_ids: vec![user_id],
        }));
        if let Some(conversation) = summaries.remove(&user_id).filter(|_| !was_subscribed) {
            let created = Event::ConversationCreated {
                conversation_id: id,
                seq,
                conversation,
            };
            out.push(Arc::new(Delivery::to_user(user_id, created)));
        }
    }
}
