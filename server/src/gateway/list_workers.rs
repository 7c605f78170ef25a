//! The tasks that render lists of users after a change, beside the dispatcher: see `changed_lists.rs`.

use super::{
    changed_lists::Owed, contract::Contract, hub::Hub, outgoing::EncodedEvent, state::Gateway,
};
use chat::Caller;
use model::UserId;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::Instant};

/// Users whose lists are rendered at a time, each with one query per list.
const MAX_CONCURRENT_RENDERINGS: usize = 2;

/// The shortest time between two renderings for one user.
const MIN_INTERVAL: Duration = Duration::from_millis(200);

/// The longest one. Between the two, rendering a user's lists takes a twentieth of the time.
const MAX_INTERVAL: Duration = Duration::from_secs(5);
const INTERVAL_FACTOR: u32 = 20;

/// Bytes that wait for a socket beyond which it gets its lists later, as they are then.
const MAX_BACKLOG: usize = 64 * 1024;

/// Starts tasks that render what is due; they stop when the set is dropped.
pub fn spawn_workers<C: Contract>(gateway: &Arc<Gateway<C>>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for _ in 0..MAX_CONCURRENT_RENDERINGS {
        let gateway = Arc::clone(gateway);
        workers.spawn(async move { gateway.run_list_worker().await });
    }
    workers
}

impl<C: Contract> Gateway<C> {
    async fn run_list_worker(&self) {
        let lists = &self.changed_lists;
        loop {
            let (user_id, owed) = lists.next().await;
            let started = Instant::now();
            let rendered = owed.lists.clone();
            let left = self.emit_lists(user_id, owed).await;
            let interval = started.elapsed() * INTERVAL_FACTOR;
            let interval = interval.clamp(MIN_INTERVAL, MAX_INTERVAL);
            lists.finish(user_id, &rendered, left, interval);
        }
    }

    /// Emits the lists to the sockets that are owed them, and that have read what they got before.
    /// Returns what is left.
    async fn emit_lists(&self, user_id: UserId, owed: Owed) -> Owed {
        // A socket that connects from here on reads the lists by itself, and newer ones.
        let mut sockets = self.hub.of_user(user_id);
        if let Some(only) = &owed.only {
            sockets.retain(|it| only.contains(&it.id));
        }
        let (late, ready): (Vec<_>, Vec<_>) = sockets
            .into_iter()
            .partition(|it| it.backlog() > MAX_BACKLOG);
        let mut late: HashSet<_> = late.iter().map(|it| it.id).collect();
        if let Some(first) = ready.first() {
            match self
                .rendered_lists(&first.current_caller(), &owed.lists)
                .await
            {
                Ok(events) => late.extend(Hub::emit_lists(&ready, &events)),
                Err(error) => {
                    tracing::error!(?error, door = C::DOOR, "a list could not be rendered");
                    if error.may_pass() {
                        late.extend(ready.iter().map(|it| it.id));
                    }
                }
            }
        }
        if late.is_empty() {
            return Owed::default();
        }
        Owed {
            lists: owed.lists,
            only: Some(late),
        }
    }

    async fn rendered_lists(
        &self,
        caller: &Caller,
        names: &[&'static str],
    ) -> chat::Result<Vec<Arc<EncodedEvent>>> {
        let mut events = Vec::new();
        for name in names {
            let event = C::render_list(&self.chat, caller, name).await?;
            event.resolve(&self.chat, C::USER_IDS).await?;
            events.push(Arc::new(event));
        }
        Ok(events)
    }
}
