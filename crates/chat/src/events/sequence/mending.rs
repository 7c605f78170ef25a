//! What was missing, as the database has it.

use super::{Gap, Out, Sequencer};
use crate::{Audience, Delivery};
use model::{ConversationId, ConversationSummary, Event, UserId};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// What the database says of a conversation.
pub struct Mended {
    pub id: ConversationId,
    /// What the doors had been told when it was read.
    pub after: i64,
    /// All that changed after it, in order; each thing once, under its last seq.
    pub changes: Vec<Event>,
    /// Up to where that goes, and whether there is more.
    pub up_to: i64,
    pub has_more: bool,
    /// The conversation as those have it who joined it, and are here.
    pub heads: HashMap<UserId, ConversationSummary>,
}

impl Sequencer {
    /// Where to look now, and what has been told there.
    pub fn due(&mut self, now: Instant, most: usize) -> Vec<(ConversationId, i64)> {
        let due = self.gaps.iter().filter(|(_, gap)| gap.due <= now);
        let ids: Vec<_> = due.map(|(id, _)| *id).take(most).collect();
        let due = ids.into_iter().filter_map(|id| {
            self.gaps.remove(&id);
            Some((id, self.heard.get(&id)?.told))
        });
        due.collect()
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.gaps.values().map(|gap| gap.due).min()
    }

    /// Looks there then, if not before.
    pub fn look(&mut self, id: ConversationId, due: Instant) {
        if self.heard.contains_key(&id) {
            let gap = self.gaps.entry(id).or_insert(Gap {
                due,
                in_any_case: true,
            });
            gap.due = due.min(gap.due);
            gap.in_any_case = true;
        }
    }

    /// Looks everywhere at once: nothing more is going to come by itself.
    pub fn hurry(&mut self, now: Instant) {
        for gap in self.gaps.values_mut() {
            gap.due = now.min(gap.due);
        }
    }

    /// Every conversation that is heard here.
    pub fn conversations(&self) -> Vec<ConversationId> {
        self.heard.keys().copied().collect()
    }

    /// Notes where the database is ahead of what the doors have been told: it may still come.
    pub fn note_head(&mut self, id: ConversationId, head: i64, due: Instant) {
        if self.heard.get(&id).is_some_and(|it| it.told < head) {
            self.look(id, due);
        }
    }

    /// Tells what was missing, and answers with how much. Where something came meanwhile, the
    /// reading may tell of what has been told: then it is read again.
    pub fn mend(&mut self, mended: Mended, now: Instant, out: &mut Out) -> usize {
        let Mended { id, up_to, .. } = mended;
        let mut heads = mended.heads;
        let Some(track) = self.heard.get_mut(&id) else {
            return 0;
        };
        let mut count = 0;
        let mut again = mended.has_more;
        if track.told == mended.after {
            track.told = up_to;
            count = mended.changes.len();
            for event in mended.changes {
                self.tell_change(id, event, &mut heads, out);
            }
            self.release(id, out);
        } else {
            again |= track.told < up_to;
        }
        let waits = self.heard.get(&id).is_some_and(|it| !it.held.is_empty());
        if waits || again {
            self.look(id, now);
        }
        count
    }

    /// A change as the verb would have told it, were it not for the node that said nothing.
    fn tell_change(
        &mut self,
        id: ConversationId,
        event: Event,
        heads: &mut HashMap<UserId, ConversationSummary>,
        out: &mut Out,
    ) {
        let mut tell = |delivery: Delivery| {
            self.apply(&delivery);
            out.push(Arc::new(delivery));
        };
        match &event {
            Event::MemberAdded { seq, member, .. } => {
                let (seq, user_id) = (*seq, member.user.id);
                tell(Delivery::Subscribe {
                    conversation_id: id,
                    user_ids: vec![user_id],
                });
                tell(Delivery::to_conversation(id, event));
                if let Some(conversation) = heads.remove(&user_id) {
                    let created = Event::ConversationCreated {
                        conversation_id: id,
                        seq,
                        conversation,
                    };
                    tell(Delivery::to_user(user_id, created));
                }
            }
            Event::MemberRemoved { seq, user_id, .. } => {
                let (seq, user_id) = (*seq, *user_id);
                tell(Delivery::Unsubscribe {
                    conversation_id: id,
                    user_ids: vec![user_id],
                });
                let removed = Event::ConversationRemoved {
                    conversation_id: id,
                    seq,
                };
                tell(Delivery::to_user(user_id, removed));
                tell(Delivery::to_conversation(id, event));
            }
            _ => tell(Delivery::to_conversation(id, event)),
        }
    }

    /// The conversation is not there any more.
    pub fn gone(&mut self, id: ConversationId, out: &mut Out) {
        let Some(track) = self.heard.get(&id) else {
            return;
        };
        let removed = Event::ConversationRemoved {
            conversation_id: id,
            seq: track.told + 1,
        };
        out.push(Arc::new(Delivery::Emit {
            audience: Audience::Conversations(vec![id]),
            except: None,
            event: removed,
        }));
        let close = Delivery::CloseConversation {
            conversation_id: id,
        };
        self.apply(&close);
        out.push(Arc::new(close));
    }
}
