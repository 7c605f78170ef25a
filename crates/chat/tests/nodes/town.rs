//! A town of nodes: a Redis, people, and nodes at which they are connected.

use crate::{
    people::{People, people_with, settings},
    redis::Redis,
};
use chat::{Caller, Chat, Delivery, PresenceGuard, Settings, events::Subscription};
use model::{ConversationId, Event};
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};
use tokio::{
    runtime::Runtime,
    time::{Instant, timeout},
};

pub struct Town {
    pub redis: Redis,
    /// At a node of their own, which is not on the bus: what it commits, it tells nobody.
    pub people: People,
    pub db: PgPool,
    settings: Settings,
}

/// A node, and what its doors hear.
pub struct Node {
    pub chat: Chat,
    ears: Subscription,
    devices: Vec<PresenceGuard>,
}

impl Town {
    pub async fn new(db: PgPool) -> Self {
        Self::with(db, settings()).await
    }

    pub async fn with(db: PgPool, settings: Settings) -> Self {
        Self {
            redis: Redis::start().await,
            people: people_with(db.clone(), settings.clone()).await,
            db,
            settings,
        }
    }

    pub fn join(&self) -> Chat {
        Chat::join(self.db.clone(), self.settings.clone(), &self.redis.url()).unwrap()
    }

    /// A node at which these are connected.
    pub async fn node(&self, callers: &[&Caller]) -> Node {
        let mut node = Node::of(self.join());
        for caller in callers {
            node.connect(caller).await;
        }
        node
    }

    /// Nothing goes on afterwards: the test's database can go.
    pub async fn end(&self, nodes: impl IntoIterator<Item = Node>) {
        for mut node in nodes {
            node.disconnect();
            node.chat.leave().await;
        }
        // Connections come back to the pool by themselves, a moment later.
        while self.db.num_idle() < self.db.size() as usize {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Two nodes that have heard of each other.
    pub async fn two(&self, here: &[&Caller], there: &[&Caller]) -> (Node, Node) {
        let (mut one, mut other) = (self.node(here).await, self.node(there).await);
        one.meet(1).await;
        other.meet(1).await;
        one.rest().await;
        other.rest().await;
        (one, other)
    }
}

impl Node {
    pub fn of(chat: Chat) -> Self {
        Self {
            ears: chat.subscribe(),
            chat,
            devices: Vec::new(),
        }
    }

    /// As a socket does.
    pub async fn connect(&mut self, caller: &Caller) {
        self.chat.memberships(caller).await.unwrap();
        self.devices.push(self.chat.connect(caller).await.unwrap());
    }

    pub fn disconnect(&mut self) {
        self.devices.clear();
    }

    /// Waits until the bus is up, with so many other nodes.
    pub async fn meet(&mut self, others: usize) {
        self.until("the others", Duration::from_secs(20), |bus| {
            bus.is_up && bus.others == others
        })
        .await;
    }

    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        is_so: impl Fn(chat::BusState) -> bool,
    ) {
        let start = Instant::now();
        while !is_so(self.chat.bus().unwrap()) {
            assert!(start.elapsed() < patience, "waited for {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What comes until nothing has come for a while.
    pub async fn rest(&mut self) -> Vec<Delivery> {
        let mut heard = Vec::new();
        while let Ok(delivery) = timeout(Duration::from_millis(400), self.ears.next()).await {
            heard.push((*delivery.unwrap().unwrap()).clone());
        }
        heard
    }

    /// The first delivery of which this makes something, past all others.
    pub async fn hear<T>(
        &mut self,
        patience: Duration,
        mut find: impl FnMut(&Delivery) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + patience;
        let mut passed: Vec<Arc<Delivery>> = Vec::new();
        loop {
            let next = tokio::time::timeout_at(deadline, self.ears.next()).await;
            let Ok(delivery) = next else {
                panic!("not heard within {patience:?}, but {passed:#?}");
            };
            let delivery = delivery.unwrap().unwrap();
            match find(&delivery) {
                Some(found) => return found,
                None => passed.push(delivery),
            }
        }
    }

    /// The next so many bodies of messages that are sent in a conversation.
    pub async fn bodies(
        &mut self,
        id: ConversationId,
        count: usize,
        patience: Duration,
    ) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let body = self.hear(patience, |it| match event(it)? {
                Event::MessageCreated { message, .. } if message.conversation_id == id => {
                    Some(message.body.clone())
                }
                _ => None,
            });
            bodies.push(body.await);
        }
        bodies
    }
}

pub fn event(delivery: &Delivery) -> Option<&Event> {
    match delivery {
        Delivery::Emit { event, .. } => Some(event),
        _ => None,
    }
}

/// A node that can be killed: whatever it was about to do, it does no more.
pub struct Doomed(Option<Runtime>);

impl Doomed {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Self(Some(runtime.unwrap()))
    }

    /// Does something in there, with a pool of its own: connections belong to a runtime.
    pub async fn run<T: Send + 'static>(
        &self,
        town: &Town,
        work: impl AsyncFnOnce(Chat) -> T + Send + 'static,
    ) -> T {
        let options = (*town.db.connect_options()).clone();
        let (settings, url) = (town.settings.clone(), town.redis.url());
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let runtime = self.0.as_ref().unwrap().handle().clone();
        std::thread::spawn(move || {
            let done = runtime.block_on(async move {
                let db = PgPool::connect_with(options).await.unwrap();
                work(Chat::join(db, settings, &url).unwrap()).await
            });
            let _ = sender.send(done);
        });
        receiver.await.unwrap()
    }

    pub fn kill(mut self) {
        self.0.take().unwrap().shutdown_background();
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
