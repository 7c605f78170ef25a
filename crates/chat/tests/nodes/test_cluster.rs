//! A cluster for a test: a Redis, users, and nodes that the users are connected to.

use crate::{
    fixtures::{People, people_with, settings},
    redis::Redis,
};
use chat::{
    BusState, Caller, Chat, ClusterTimings, Delivery, PresenceGuard, SessionTimings, Settings,
    Timings, events::Subscription,
};
use model::{ConversationId, Event, PresenceChoice, PresenceStatus, UserId, UserRole};
use sqlx::PgPool;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::Runtime,
    time::{Instant, timeout, timeout_at},
};

/// How long a test waits for anything. Nothing takes as long unless it fails.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Pause between two looks at a state that has no event.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

pub struct TestCluster {
    pub redis: Redis,
    /// The users, with a chat that is not on the bus: what it commits, it sends to no node.
    pub people: People,
    pub db: PgPool,
    settings: Settings,
    markers: AtomicU64,
}

/// A node, and the deliveries to its gateways.
pub struct Node {
    pub chat: Chat,
    subscription: Subscription,
    guards: Vec<PresenceGuard>,
}

/// Shorter than in production, but above the heartbeat interval of 1 s where silence matters.
pub fn timings() -> Timings {
    Timings {
        presence_grace: Duration::from_millis(500),
        typing_timeout: Duration::from_secs(2),
        remote_typing_timeout: Duration::from_secs(3),
        sessions: SessionTimings::default(),
        cluster: ClusterTimings {
            dead_after: Duration::from_secs(5),
            ..ClusterTimings::default()
        },
        ..Timings::default()
    }
}

impl TestCluster {
    pub async fn new(db: PgPool) -> Self {
        Self::with(db, settings()).await
    }

    /// With other settings, but `timings()`.
    pub async fn with(db: PgPool, settings: Settings) -> Self {
        let timings = timings();
        Self::with_timings(
            db,
            Settings {
                timings,
                ..settings
            },
        )
        .await
    }

    /// Where nodes compare themselves with the database every 2 s, whatever they receive.
    pub async fn reconciling(db: PgPool) -> Self {
        let mut timings = timings();
        timings.cluster.reconcile_interval = Duration::from_secs(2);
        let settings = Settings {
            timings,
            ..settings()
        };
        Self::with_timings(db, settings).await
    }

    async fn with_timings(db: PgPool, settings: Settings) -> Self {
        Self {
            redis: Redis::start().await,
            people: people_with(db.clone(), settings.clone()).await,
            db,
            settings,
            markers: 0.into(),
        }
    }

    pub fn join(&self) -> Chat {
        Chat::join(self.db.clone(), self.settings.clone(), &self.redis.url()).unwrap()
    }

    /// A node to which these users are connected.
    pub async fn node(&self, callers: &[&Caller]) -> Node {
        let mut node = Node::of(self.join());
        for caller in callers {
            node.connect(caller).await;
        }
        node
    }

    /// Two nodes that know each other and each other's users, with nothing left to deliver.
    pub async fn two_nodes(&self, first: &[&Caller], second: &[&Caller]) -> (Node, Node) {
        let (mut one, mut other) = (self.node(first).await, self.node(second).await);
        one.wait_for_peers(1).await;
        other.wait_for_peers(1).await;
        for node in [&one, &other] {
            for caller in first.iter().chain(second) {
                self.wait_for_status(node, caller.user_id, PresenceStatus::Online)
                    .await;
            }
            self.flush_presence(node).await;
        }
        for node in [&mut one, &mut other] {
            let chat = node.chat.clone();
            self.drain(node, &chat).await;
        }
        self.drain(&mut one, &other.chat).await;
        self.drain(&mut other, &one.chat).await;
        (one, other)
    }

    /// The deliveries on a node before a marker, which the publisher, this node or another, publishes
    /// now. Redis must be there if it is another.
    pub async fn drain(&self, node: &mut Node, publisher: &Chat) -> Vec<Delivery> {
        let marker = self.publish_marker(publisher).await;
        let mut received = Vec::new();
        let until_marker = |it: &Delivery| {
            if !self.is_marker(it) {
                received.push(it.clone());
            }
            (*it == Delivery::DisconnectUser(marker)).then_some(())
        };
        node.receive(until_marker).await;
        received
    }

    /// Blocks a user who was made for it. `DisconnectUser` goes to every node, in order.
    async fn publish_marker(&self, publisher: &Chat) -> UserId {
        let name = format!("marker{}", self.markers.fetch_add(1, Relaxed));
        let id: i64 = sqlx::query_scalar(
            "insert into users (username, name) values ($1, 'Marker') returning id",
        )
        .bind(name)
        .fetch_one(&self.db)
        .await
        .unwrap();
        let admin = Caller {
            role: UserRole::Admin,
            ..self.people.ada
        };
        publisher.block_user(&admin, UserId(id)).await.unwrap();
        UserId(id)
    }

    /// The users of the fixtures were created first.
    fn is_marker(&self, delivery: &Delivery) -> bool {
        let last = self.people.outsider.user_id;
        matches!(delivery, Delivery::DisconnectUser(id) if id.0 > last.0)
    }

    /// Has the node emit the presence changes that it knows of before this returns.
    pub async fn flush_presence(&self, node: &Node) {
        let outsider = &self.people.outsider;
        let chosen = node.chat.set_presence(outsider, PresenceChoice::Online);
        chosen.await.unwrap();
    }

    /// Waits until a user has this status on a node.
    pub async fn wait_for_status(&self, node: &Node, id: UserId, status: PresenceStatus) {
        let viewer = &self.people.outsider;
        let start = Instant::now();
        while node.chat.user(viewer, id).await.unwrap().presence != status {
            assert!(start.elapsed() < TIMEOUT, "{id} is not {status:?}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Ends the nodes, and waits until nothing uses the test's database any more.
    pub async fn shut_down(&self, nodes: impl IntoIterator<Item = Node>) {
        for mut node in nodes {
            node.disconnect();
            node.chat.leave().await;
        }
        // Connections return to the pool by themselves, a moment later.
        while self.db.num_idle() < self.db.size() as usize {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Node {
    pub fn of(chat: Chat) -> Self {
        Self {
            subscription: chat.subscribe(),
            chat,
            guards: Vec::new(),
        }
    }

    /// Connects a device, as a gateway does.
    pub async fn connect(&mut self, caller: &Caller) {
        self.chat.memberships(caller).await.unwrap();
        self.guards.push(self.chat.connect(caller).await.unwrap());
    }

    /// Disconnects all devices.
    pub fn disconnect(&mut self) {
        self.guards.clear();
    }

    /// Waits until the bus is up, with this many other nodes.
    pub async fn wait_for_peers(&self, count: usize) {
        let is_so = |bus: BusState| bus.is_up && bus.others == count;
        self.wait_for_bus("peers", is_so).await;
    }

    pub async fn wait_for_bus(&self, what: &str, is_so: impl Fn(BusState) -> bool) {
        let start = Instant::now();
        while !is_so(self.chat.bus().unwrap()) {
            assert!(start.elapsed() < TIMEOUT, "waited for {what}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits until the departures of disconnected devices have been processed and sent.
    pub async fn wait_for_departures(&self) {
        let start = Instant::now();
        loop {
            let work = self.chat.work_stats().presence;
            if work.waiting + work.active == 0 {
                return;
            }
            assert!(start.elapsed() < TIMEOUT, "waited for departures");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The deliveries until there were none for 400 ms: longer than the gap grace and the settle
    /// delay, after which a gap repair could deliver something a second time.
    pub async fn drain_until_quiet(&mut self) -> Vec<Delivery> {
        let mut received = Vec::new();
        let quiet = Duration::from_millis(400);
        while let Ok(delivery) = timeout(quiet, self.subscription.next()).await {
            received.push((*delivery.unwrap().unwrap()).clone());
        }
        received
    }

    /// Receives deliveries until `find` makes something of one. The others are passed over.
    pub async fn receive<T>(&mut self, mut find: impl FnMut(&Delivery) -> Option<T>) -> T {
        let deadline = Instant::now() + TIMEOUT;
        let mut passed: Vec<Arc<Delivery>> = Vec::new();
        loop {
            let next = timeout_at(deadline, self.subscription.next()).await;
            let Ok(delivery) = next else {
                panic!("not received within {TIMEOUT:?}, but {passed:#?}");
            };
            let delivery = delivery.unwrap().unwrap();
            match find(&delivery) {
                Some(found) => return found,
                None => passed.push(delivery),
            }
        }
    }

    /// The bodies of the next messages that are sent to a conversation.
    pub async fn receive_bodies(&mut self, id: ConversationId, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let body = self.receive(|it| match event(it)? {
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

/// The runtime of a node that can be killed: its tasks stop wherever they are.
pub struct KillableRuntime(Option<Runtime>);

impl KillableRuntime {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Self(Some(runtime.unwrap()))
    }

    /// Runs something with a node on this runtime. The node has a pool of its own, because
    /// connections belong to a runtime.
    pub async fn run<T: Send + 'static>(
        &self,
        cluster: &TestCluster,
        work: impl AsyncFnOnce(Chat) -> T + Send + 'static,
    ) -> T {
        let options = (*cluster.db.connect_options()).clone();
        let (settings, url) = (cluster.settings.clone(), cluster.redis.url());
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

impl Drop for KillableRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
