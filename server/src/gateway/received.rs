//! What a door's sockets took: told to the verbs, beside the dispatcher, which waits for nobody.

use chat::Chat;
use model::{ConversationId, UserId};
use tokio::sync::mpsc;

/// How many messages may wait to be marked. A tick that is lost comes with the next message.
const CAPACITY: usize = 1024;

pub struct Received(mpsc::Sender<Mark>);

/// These users' sockets took the message at this position.
#[derive(PartialEq, Eq)]
pub struct Mark {
    pub conversation_id: ConversationId,
    pub position: i64,
    pub users: Vec<UserId>,
}

impl Received {
    /// Marks until the sender is gone.
    pub fn begin(chat: Chat) -> Self {
        let (sender, mut receiver) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            let mut marks: Vec<Mark> = Vec::new();
            while receiver.recv_many(&mut marks, CAPACITY).await > 0 {
                for mark in newest(marks.drain(..)) {
                    let (id, position) = (mark.conversation_id, mark.position);
                    if let Err(error) = chat.mark_received(id, &mark.users, position).await {
                        tracing::warn!(?error, %id, "a delivery could not be marked");
                    }
                }
            }
        });
        Self(sender)
    }

    pub fn mark(&self, mark: Mark) {
        if self.0.try_send(mark).is_err() {
            metrics::counter!("parlance_socket_marks_dropped_total").increment(1);
        }
    }
}

/// Of what the same users took in one conversation, the last is enough.
fn newest(marks: impl Iterator<Item = Mark>) -> Vec<Mark> {
    let mut newest: Vec<Mark> = Vec::new();
    for mut mark in marks {
        mark.users.sort_unstable();
        mark.users.dedup();
        let same = newest
            .iter_mut()
            .rev()
            .find(|it| it.conversation_id == mark.conversation_id && it.users == mark.users);
        match same {
            Some(same) => same.position = same.position.max(mark.position),
            None => newest.push(mark),
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::{Mark, newest};
    use model::{ConversationId, UserId};

    #[test]
    fn the_last_of_the_same_is_enough() {
        let mark = |conversation, position, users: &[i64]| Mark {
            conversation_id: ConversationId(conversation),
            position,
            users: users.iter().copied().map(UserId).collect(),
        };
        let marks = [
            mark(1, 1, &[7, 8, 7]),
            mark(2, 1, &[7, 8]),
            mark(1, 2, &[8, 7]),
            mark(1, 3, &[7]),
        ];
        let marks: Vec<_> = newest(marks.into_iter())
            .iter()
            .map(|it| (it.conversation_id.0, it.position, it.users.len()))
            .collect();
        assert_eq!(marks, [(1, 2, 2), (2, 1, 2), (1, 3, 1)]);
    }
}
