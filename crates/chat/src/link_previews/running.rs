//! `Running`: the messages that a node works on, and whose they are.

use model::UserId;
use std::collections::HashMap;
use tokio::task::{Id, JoinSet};

/// Senders of whom it is known when a node has begun a message of theirs.
const MAX_SERVED: usize = 1_000;

#[derive(Default)]
pub struct Running {
    tasks: JoinSet<()>,
    senders: HashMap<Id, UserId>,
    /// Each once, in the order of the last message that was begun.
    served: Vec<i64>,
}

impl Running {
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Begins to work on a message of this sender.
    pub fn spawn(&mut self, sender_id: UserId, work: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(work);
        self.senders.insert(task.id(), sender_id);
        self.served.retain(|it| *it != sender_id.0);
        if self.served.len() >= MAX_SERVED {
            self.served.remove(0);
        }
        self.served.push(sender_id.0);
    }

    /// Waits until the work on one has ended; `None` at once where there is none. Nothing is lost if it is dropped.
    pub async fn join_next(&mut self) -> Option<()> {
        let id = match self.tasks.join_next_with_id().await? {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        self.senders.remove(&id);
        Some(())
    }

    /// The sender of each.
    pub fn senders(&self) -> Vec<i64> {
        self.senders.values().map(|it| it.0).collect()
    }

    /// Those of whom a message was begun, the last one last.
    pub fn served(&self) -> &[i64] {
        &self.served
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SERVED, Running};
    use model::UserId;
    use std::future::ready;

    #[tokio::test]
    async fn a_sender_is_there_until_the_work_ends() {
        let mut running = Running::default();
        running.spawn(UserId(1), ready(()));
        running.spawn(UserId(1), async { panic!("as a parser may") });
        assert_eq!((running.len(), running.senders()), (2, vec![1, 1]));
        while running.join_next().await.is_some() {}
        assert_eq!((running.len(), running.senders()), (0, Vec::new()));
    }

    #[tokio::test]
    async fn the_last_senders_are_known() {
        let mut running = Running::default();
        for id in [1, 2, 1] {
            running.spawn(UserId(id), ready(()));
        }
        assert_eq!(running.served(), [2, 1]);
        for id in (3..).take(MAX_SERVED - 1) {
            running.spawn(UserId(id), ready(()));
        }
        assert_eq!(running.served().len(), MAX_SERVED);
        assert_eq!(running.served()[..2], [1, 3]);
    }
}
