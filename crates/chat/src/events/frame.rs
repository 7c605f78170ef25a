//! A frame: what one change has to say, and where that stands in the sequence of its conversation.

use super::{Audience, Delivery};
use model::{ConversationId, Event};
use std::sync::Arc;

/// Deliveries that belong together, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub deliveries: Vec<Arc<Delivery>>,
    /// None of what is fleeting.
    pub span: Option<Span>,
}

/// The changes of a conversation that a frame tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub id: ConversationId,
    pub first: i64,
    pub last: i64,
}

impl Frame {
    pub fn of(deliveries: Vec<Delivery>) -> Self {
        let seqs = deliveries.iter().filter_map(Delivery::seq);
        let span = seqs.fold(None, |span: Option<Span>, (id, seq)| {
            Some(match span {
                None => Span {
                    id,
                    first: seq,
                    last: seq,
                },
                Some(span) => Span {
                    id,
                    first: span.first.min(seq),
                    last: span.last.max(seq),
                },
            })
        });
        Self {
            deliveries: deliveries.into_iter().map(Arc::new).collect(),
            span,
        }
    }

    /// The conversation, when nobody but its members need hear of it.
    pub fn for_members_of(&self) -> Option<ConversationId> {
        let mut members = self.deliveries.iter().map(|it| match &**it {
            Delivery::Emit {
                audience: Audience::Conversations(ids),
                ..
            } if ids.len() == 1 => ids.first(),
            _ => None,
        });
        let first = *members.next()??;
        members.all(|id| id == Some(&first)).then_some(first)
    }
}

impl Delivery {
    pub(super) fn seq(&self) -> Option<(ConversationId, i64)> {
        match self {
            Self::Emit { event, .. } => event.seq(),
            _ => None,
        }
    }

    /// The conversation that something fleeting is about.
    pub(super) fn about(&self) -> Option<ConversationId> {
        let Self::Emit { event, .. } = self else {
            return None;
        };
        match event {
            Event::ReceiptUpdated(receipt) => Some(receipt.conversation_id),
            Event::UnreadChanged {
                conversation_id, ..
            }
            | Event::Typing {
                conversation_id, ..
            } => Some(*conversation_id),
            _ => None,
        }
    }
}
