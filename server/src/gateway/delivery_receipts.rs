//! Delivery receipts of the contracts whose clients send none: a message counts as delivered to a user
//! when it is enqueued or buffered for one of their sockets. A task of its own writes them, beside the dispatcher.

use chat::Chat;
use model::{ConversationId, UserId};
use tokio::sync::mpsc;

/// Receipts that may wait to be written. Beyond it they are dropped and counted; the receipt of the
/// next message covers them.
const CAPACITY: usize = 1024;

pub struct DeliveryReceipts(mpsc::Sender<DeliveredUpTo>);

/// The message at this position was enqueued or buffered for sockets of these users.
#[derive(PartialEq, Eq)]
pub struct DeliveredUpTo {
    pub conversation_id: ConversationId,
    pub position: i64,
    pub users: Vec<UserId>,
}

impl DeliveryReceipts {
    /// Starts the task; it ends when this sender is dropped.
    pub fn start(chat: Chat) -> Self {
        let (sender, mut receiver) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            let mut receipts: Vec<DeliveredUpTo> = Vec::new();
            while receiver.recv_many(&mut receipts, CAPACITY).await > 0 {
                for receipt in coalesce(receipts.drain(..)) {
                    let (id, position) = (receipt.conversation_id, receipt.position);
                    if let Err(error) = chat.mark_delivered_for(id, &receipt.users, position).await
                    {
                        tracing::warn!(?error, %id, "a delivery could not be marked");
                    }
                }
            }
        });
        Self(sender)
    }

    pub fn mark(&self, receipt: DeliveredUpTo) {
        if self.0.try_send(receipt).is_err() {
            metrics::counter!("parlance_socket_marks_dropped_total").increment(1);
        }
    }
}

/// Merges receipts of the same users in one conversation into the one with the highest position.
fn coalesce(receipts: impl Iterator<Item = DeliveredUpTo>) -> Vec<DeliveredUpTo> {
    let mut coalesced: Vec<DeliveredUpTo> = Vec::new();
    for mut receipt in receipts {
        receipt.users.sort_unstable();
        receipt.users.dedup();
        let same = coalesced
            .iter_mut()
            .rev()
            .find(|it| it.conversation_id == receipt.conversation_id && it.users == receipt.users);
        match same {
            Some(same) => same.position = same.position.max(receipt.position),
            None => coalesced.push(receipt),
        }
    }
    coalesced
}

#[cfg(test)]
mod tests {
    use super::{DeliveredUpTo, coalesce};
    use model::{ConversationId, UserId};

    #[test]
    fn the_highest_position_of_the_same_users_is_kept() {
        let receipt = |conversation, position, users: &[i64]| DeliveredUpTo {
            conversation_id: ConversationId(conversation),
            position,
            users: users.iter().copied().map(UserId).collect(),
        };
        let receipts = [
            receipt(1, 1, &[7, 8, 7]),
            receipt(2, 1, &[7, 8]),
            receipt(1, 2, &[8, 7]),
            receipt(1, 3, &[7]),
        ];
        let coalesced: Vec<_> = coalesce(receipts.into_iter())
            .iter()
            .map(|it| (it.conversation_id.0, it.position, it.users.len()))
            .collect();
        assert_eq!(coalesced, [(1, 2, 2), (2, 1, 2), (1, 3, 1)]);
    }
}
