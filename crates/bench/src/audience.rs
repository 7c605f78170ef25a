//! Audience of one conversation: all of its connections receive, the first 64 of them also send.

mod deliveries;
mod order_check;

use crate::{
    error::{Error, Result},
    payload::{Protocol, is_ok},
    stats::Latencies,
};
use bench::client::{ClientError, Connection, Packet};
use deliveries::{Deliveries, MAX_MESSAGES};
use model::ConversationId;
use order_check::OrderChecker;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};

/// Connections that can send, out of all receivers.
const SENDERS: usize = 64;

/// How long [`Audience::wait_delivered`] waits. A message that somebody has not received by then
/// counts as lost.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);

pub struct Audience {
    deliveries: Arc<Deliveries>,
    id: ConversationId,
    protocol: Protocol,
    senders: Vec<mpsc::UnboundedSender<String>>,
    _receiving: JoinSet<()>,
}

pub struct Summary {
    pub lost: u64,
    pub inversions: u64,
    /// Events that were no messages of this run.
    pub others: u64,
    pub deliveries: u64,
}

impl Audience {
    /// Spawns one task for each connection.
    pub fn spawn(connections: Vec<Connection>, id: ConversationId, protocol: Protocol) -> Self {
        let deliveries = Arc::new(Deliveries::new(connections.len()));
        let mut receiving = JoinSet::new();
        let mut senders = Vec::new();
        for (number, connection) in connections.into_iter().enumerate() {
            let checker = OrderChecker::new(Arc::clone(&deliveries), protocol);
            let (sender, payloads) = mpsc::unbounded_channel();
            if number < SENDERS {
                senders.push(sender);
            }
            let deliveries = Arc::clone(&deliveries);
            receiving.spawn(async move {
                let ended = if number < SENDERS {
                    send_and_receive(connection, checker, (protocol, payloads)).await
                } else {
                    receive(connection, checker).await
                };
                if let Err(error) = ended {
                    eprintln!("a receiver was disconnected: {error}");
                    deliveries.is_broken.store(true, Relaxed);
                    deliveries.changed.notify_one();
                }
            });
        }
        Self {
            deliveries,
            id,
            protocol,
            senders,
            _receiving: receiving,
        }
    }

    pub fn receivers(&self) -> usize {
        self.deliveries.receivers
    }

    /// Number of messages sent so far.
    pub fn sent(&self) -> u64 {
        self.deliveries.next.load(Relaxed)
    }

    /// Sends one message now, over the connection of that sender.
    pub async fn send(&self, sender: usize) -> Result<()> {
        self.send_due(sender, Instant::now()).await
    }

    /// Sends one message that was due at `due`: its latency counts from that moment.
    pub async fn send_due(&self, sender: usize, due: Instant) -> Result<()> {
        let deliveries = &self.deliveries;
        let number = deliveries.next.fetch_add(1, Relaxed);
        let index = usize::try_from(number).unwrap_or(MAX_MESSAGES);
        let Some(sent_at) = deliveries.sent_at.get(index) else {
            return Err(Error::wrong("too many messages for one audience"));
        };
        sent_at.store(micros(due - deliveries.start), Relaxed);
        let client_id = format!("{}-{number}", deliveries.run);
        let payload = self.protocol.payload(self.id, number, &client_id);
        let sender = &self.senders[sender % self.senders.len()];
        sender.send(payload).map_err(|_| ClientError::Closed)?;
        // The senders are tasks of this runtime: yield so that they run.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits until every receiver has every message, 20 s at most. What is missing then counts as
    /// lost.
    pub async fn wait_delivered(&self) -> Result<()> {
        let deliveries = &self.deliveries;
        let waiting = async {
            while deliveries.complete.load(Relaxed) < deliveries.next.load(Relaxed) {
                deliveries.changed.notified().await;
                if deliveries.is_broken.load(Relaxed) {
                    return Err(ClientError::Closed.into());
                }
            }
            Ok(())
        };
        if let Ok(waited) = timeout(DELIVERY_TIMEOUT, waiting).await {
            return waited;
        }
        let sent = deliveries.next.load(Relaxed);
        let expected = sent * deliveries.receivers as u64;
        let missing = expected - deliveries.total.load(Relaxed);
        deliveries.lost.store(missing, Relaxed);
        deliveries.complete.store(sent, Relaxed);
        Ok(())
    }

    /// Time until the last receiver had each message, since [`Audience::reset_latencies`].
    pub fn latencies(&self) -> Latencies {
        self.deliveries.latencies().clone()
    }

    pub fn reset_latencies(&self) {
        *self.deliveries.latencies() = Latencies::default();
    }

    pub fn summary(&self) -> Summary {
        let deliveries = &self.deliveries;
        Summary {
            lost: deliveries.lost.load(Relaxed),
            inversions: deliveries.inversions.load(Relaxed),
            others: deliveries.other_events.load(Relaxed),
            deliveries: deliveries.total.load(Relaxed),
        }
    }
}

async fn receive(mut connection: Connection, mut checker: OrderChecker) -> Result<()> {
    loop {
        if let Packet::Event { name, payload } = connection.next().await? {
            checker.receive(name, payload);
        }
    }
}

/// Receives, and sends the payloads that come through the channel.
async fn send_and_receive(
    mut connection: Connection,
    mut checker: OrderChecker,
    (protocol, mut payloads): (Protocol, mpsc::UnboundedReceiver<String>),
) -> Result<()> {
    let mut ack_id = 0;
    loop {
        tokio::select! {
            biased;
            payload = payloads.recv() => {
                let Some(payload) = payload else { return Ok(()) };
                ack_id += 1;
                connection.emit_with_ack(ack_id, protocol.send_event(), &payload).await?;
            }
            packet = connection.next() => match packet? {
                Packet::Event { name, payload } => checker.receive(name, payload),
                Packet::Ack { payload, .. } if !is_ok(payload) => {
                    return Err(Error::wrong(format!("a send was refused: {payload}")));
                }
                _ => {}
            }
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
