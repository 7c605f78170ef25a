//! `ChangeSet`: the deliveries of one committed change, and their place in the sequence.

use super::delivery::{Audience, Delivery};
use model::ConversationId;
use std::sync::Arc;

/// Deliveries that are published together and delivered in order. Deliveries of other
/// conversations, and unsequenced ones, may come in between.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSet {
    pub deliveries: Vec<Arc<Delivery>>,
    /// `None` when no delivery has an event with a seq: the change set is *unsequenced*. Receipts,
    /// unread counts, typing, presence, favorites, disconnects.
    pub seqs: Option<SeqRange>,
}

/// The seqs of a conversation that a change set covers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeqRange {
    pub conversation_id: ConversationId,
    pub first: i64,
    pub last: i64,
}

impl ChangeSet {
    pub fn of(deliveries: Vec<Delivery>) -> Self {
        let seqs = deliveries.iter().filter_map(Delivery::seq);
        let seqs = seqs.fold(None, |range: Option<SeqRange>, (conversation_id, seq)| {
            Some(match range {
                None => SeqRange {
                    conversation_id,
                    first: seq,
                    last: seq,
                },
                Some(range) => SeqRange {
                    conversation_id: range.conversation_id,
                    first: range.first.min(seq),
                    last: range.last.max(seq),
                },
            })
        });
        Self {
            deliveries: deliveries.into_iter().map(Arc::new).collect(),
            seqs,
        }
    }

    /// The conversation, when all deliveries are events for its members. A node on which no member
    /// is connected need not decode such a change set.
    pub fn members_only(&self) -> Option<ConversationId> {
        let mut conversations = self.deliveries.iter().map(|it| match &**it {
            Delivery::Emit {
                audience: Audience::Conversations(ids),
                ..
            } if ids.len() == 1 => ids.first(),
            _ => None,
        });
        let first = *conversations.next()??;
        conversations.all(|id| id == Some(&first)).then_some(first)
    }
}
