//! The sequencer of a node: whichever node a change comes from, the doors hear of it in the order
//! of its conversation's sequence, once, and of every conversation that somebody here hears.
//!
//! What comes early is held until what is missing has come, or has been found in the database. The
//! sequencer decides that by itself and asks nobody: it has no clock and no connection.

mod hearers;
mod mending;
#[cfg(test)]
mod tests;

pub use hearers::Reading;
pub use mending::Mended;

use super::{
    Audience, Delivery,
    frame::{Frame, Span},
};
use crate::nodes::NodeId;
use hearers::Hearers;
use model::ConversationId;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

/// What is held of one conversation. What does not fit is found in the database.
const MOST_HELD: usize = 1024;

#[derive(Default)]
pub struct Sequencer {
    heard: HashMap<ConversationId, Track>,
    hearers: Hearers,
    /// Where something is missing, or may be.
    gaps: HashMap<ConversationId, Gap>,
}

struct Gap {
    /// When to look for it.
    due: Instant,
    /// Even when nothing is held any more.
    in_any_case: bool,
}

/// A conversation that somebody here hears.
#[derive(Default)]
struct Track {
    /// The seq up to which the doors have been told.
    told: i64,
    /// By the first seq of each.
    held: BTreeMap<i64, Held>,
}

struct Held {
    frame: Frame,
    from: NodeId,
    /// What its node said next about the conversation, outside the sequence.
    after: Vec<Arc<Delivery>>,
}

/// What the doors are to hear.
pub type Out = Vec<Arc<Delivery>>;

impl Sequencer {
    /// Takes what a node says; `due` is when to look for what is missing before it.
    pub fn accept(&mut self, frame: Frame, from: Source, due: Instant, out: &mut Out) {
        let Some(span) = frame.span else {
            return self.accept_fleeting(frame, from, out);
        };
        self.begin_to_hear(&frame, span, due);
        let Some(track) = self.heard.get_mut(&span.id) else {
            return self.pass(frame, from, out);
        };
        if span.last <= track.told {
            return;
        }
        if span.first > track.told + 1 {
            // Whoever lost a membership hears nothing more, even while something is missing.
            let evictions = frame.deliveries.iter();
            out.extend(
                evictions
                    .filter(|it| matches!(***it, Delivery::Unsubscribe { .. }))
                    .cloned(),
            );
            if track.held.len() < MOST_HELD {
                let held = Held {
                    frame,
                    from: from.node,
                    after: Vec::new(),
                };
                track.held.insert(span.first, held);
            }
            self.gaps.entry(span.id).or_insert(Gap {
                due,
                in_any_case: false,
            });
            return;
        }
        self.tell(span, frame.deliveries, out);
        self.release(span.id, out);
    }

    /// Whether anybody here hears this conversation.
    pub fn hears(&self, id: ConversationId) -> bool {
        self.heard.contains_key(&id)
    }

    /// What is said of a conversation that nobody here hears, or of none.
    fn pass(&mut self, frame: Frame, from: Source, out: &mut Out) {
        for delivery in frame.deliveries {
            if from.here || self.concerns(&delivery) {
                self.apply(&delivery);
                out.push(delivery);
            }
        }
    }

    /// What its node said after something that is held here waits with that: counts go by the
    /// messages before them.
    fn accept_fleeting(&mut self, frame: Frame, from: Source, out: &mut Out) {
        let about = frame.deliveries.first().and_then(|it| it.about());
        let track = about.and_then(|id| self.heard.get_mut(&id));
        let held = track.and_then(|it| {
            let mut held = it.held.values_mut().rev();
            held.find(|held| held.from == from.node)
        });
        match held {
            Some(held) => held.after.extend(frame.deliveries),
            None => self.pass(frame, from, out),
        }
    }

    /// A frame that lets the first one here in begins a track.
    fn begin_to_hear(&mut self, frame: &Frame, span: Span, due: Instant) {
        if self.heard.contains_key(&span.id) {
            return;
        }
        let admits = frame.deliveries.iter().any(|it| match &**it {
            Delivery::Subscribe { user_ids, .. } => {
                user_ids.iter().any(|id| self.hearers.know(*id))
            }
            _ => false,
        });
        if admits {
            let told = span.first - 1;
            self.heard.insert(
                span.id,
                Track {
                    told,
                    ..Track::default()
                },
            );
            // Something later may have come before it, and passed unheard.
            self.look(span.id, due);
        }
    }

    fn tell(&mut self, span: Span, deliveries: Vec<Arc<Delivery>>, out: &mut Out) {
        let Some(track) = self.heard.get_mut(&span.id) else {
            return;
        };
        let told = std::mem::replace(&mut track.told, span.last);
        for delivery in deliveries {
            if delivery.seq().is_none_or(|(_, seq)| seq > told) {
                self.apply(&delivery);
                out.push(delivery);
            }
        }
    }

    /// Tells of what is held as far as nothing is missing before it.
    fn release(&mut self, id: ConversationId, out: &mut Out) {
        while let Some(track) = self.heard.get_mut(&id) {
            let Some(first) = track.held.first_entry() else {
                if self.gaps.get(&id).is_some_and(|gap| !gap.in_any_case) {
                    self.gaps.remove(&id);
                }
                return;
            };
            if *first.key() > track.told + 1 {
                return;
            }
            let Held { frame, after, .. } = first.remove();
            if let Some(span) = frame.span.filter(|it| it.last > track.told) {
                self.tell(span, frame.deliveries, out);
            }
            out.extend(after);
        }
    }

    /// Whether anybody here could hear it, or loses or gains something by it.
    fn concerns(&self, delivery: &Delivery) -> bool {
        match delivery {
            Delivery::Emit { audience, .. } => match audience {
                Audience::Conversations(ids) => ids.iter().any(|id| self.hears(*id)),
                Audience::Users(ids) => ids.iter().any(|id| self.hearers.know(*id)),
                Audience::Everyone => true,
            },
            _ => true,
        }
    }

    fn apply(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Subscribe {
                conversation_id,
                user_ids,
            } if self.hears(*conversation_id) => self.hearers.admit(*conversation_id, user_ids),
            Delivery::Unsubscribe {
                conversation_id,
                user_ids,
            } => {
                self.hearers.evict(*conversation_id, user_ids);
                self.forget_unheard(*conversation_id);
            }
            Delivery::CloseConversation { conversation_id } => {
                self.hearers.close(*conversation_id);
                self.forget_unheard(*conversation_id);
            }
            _ => {}
        }
    }

    fn forget_unheard(&mut self, id: ConversationId) {
        if !self.hearers.hear(id) {
            self.heard.remove(&id);
            self.gaps.remove(&id);
        }
    }
}

/// Who says something.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub node: NodeId,
    /// Whether that is this node.
    pub here: bool,
}
