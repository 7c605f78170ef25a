//! The connection to Redis: one pub/sub channel that all nodes publish to and subscribe to.
//!
//! It is made again whenever it breaks, and when the node does not receive its own packets.

use super::{
    codec::{self, PacketHeader},
    message::BusMessage,
    state::Cluster,
};
use crate::chat::{Chat, Inner};
use ::redis::{
    AsyncConnectionConfig, Client, RedisError,
    aio::{MultiplexedConnection, PubSubStream},
    cmd,
};
use futures_util::StreamExt;
use rand::Rng;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// A Redis that takes longer to connect to, or to answer, counts as away: a network that was cut
/// does not answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Delay between two attempts to connect: at most this, at least a quarter of it. Random, so that
/// nodes do not all connect at the same time.
const MAX_RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// How often the node checks whether it still receives its own packets.
const ECHO_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Messages that are published as one packet, at most.
const MAX_MESSAGES_PER_PACKET: usize = 128;

#[derive(Debug, thiserror::Error)]
enum BusError {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("there was no answer in time")]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error("the subscription has ended")]
    SubscriptionEnded,
    #[error("this node does not receive its own packets")]
    EchoLost,
    #[error("{0}")]
    Encode(#[from] serde_json::Error),
    #[error("the name of the channel cannot be read from the database: {0}")]
    ChannelName(#[from] crate::Error),
}

/// The messages on their way out, and the number of the next.
struct Publisher {
    messages: mpsc::Receiver<BusMessage>,
    next_number: u64,
}

/// Keeps this node connected until the chat is dropped or leaves the cluster.
pub async fn run(chat: Weak<Inner>, client: Client, messages: mpsc::Receiver<BusMessage>) {
    let mut publisher = Publisher {
        messages,
        next_number: 0,
    };
    let mut was_up = true;
    while let Some(cluster) = cluster_of(&chat) {
        match connect(&chat, &cluster, &client).await {
            Ok((connection, stream)) => {
                tracing::info!(node = %cluster.node_id, "the bus is up");
                cluster.connected(connection.clone());
                let ended = serve(&chat, &cluster, &mut publisher, connection, stream).await;
                cluster.disconnected();
                let Err(error) = ended else { return };
                tracing::warn!(%error, "the bus is down: changes of other nodes come from the database");
                was_up = true;
            }
            Err(error) => {
                if was_up {
                    tracing::warn!(%error, "there is no bus: changes of other nodes come from the database");
                    was_up = false;
                }
            }
        }
        let delay = rand::rng().random_range(MAX_RECONNECT_DELAY / 4..MAX_RECONNECT_DELAY);
        tokio::select! {
            () = sleep(delay) => {}
            () = publisher.discard(&cluster) => return,
            () = cluster.shutdown_requested() => return,
        }
    }
}

/// The cluster, while the chat lives; does not keep the chat alive.
fn cluster_of(chat: &Weak<Inner>) -> Option<Arc<Cluster>> {
    chat.upgrade()?.bus.cluster().cloned()
}

/// A connection to publish on, and the subscription to the channel.
async fn connect(
    chat: &Weak<Inner>,
    cluster: &Cluster,
    client: &Client,
) -> Result<(MultiplexedConnection, PubSubStream), BusError> {
    if cluster.channel_name().is_empty()
        && let Some(inner) = chat.upgrade()
    {
        let name = timeout(RESPONSE_TIMEOUT, Chat(inner).channel_name()).await??;
        cluster.set_channel_name(name);
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT));
    let connecting = async {
        let mut subscriber = client.get_async_pubsub().await?;
        subscriber.subscribe(cluster.channel_name()).await?;
        let publisher = client.get_multiplexed_async_connection_with_config(&config);
        Ok::<_, RedisError>((publisher.await?, subscriber.into_on_message()))
    };
    Ok(timeout(CONNECT_TIMEOUT * 2, connecting).await??)
}

/// Publishes and receives until the connection breaks, or the chat is dropped or leaves.
async fn serve(
    chat: &Weak<Inner>,
    cluster: &Cluster,
    publisher: &mut Publisher,
    connection: MultiplexedConnection,
    mut stream: PubSubStream,
) -> Result<(), BusError> {
    let receiving = async {
        while let Some(packet) = stream.next().await {
            let Some(inner) = chat.upgrade() else {
                return Ok(());
            };
            Chat(inner).receive(&String::from_utf8_lossy(packet.get_payload_bytes()));
        }
        Err(BusError::SubscriptionEnded)
    };
    let checking_echo = async {
        let mut was_lost = false;
        loop {
            sleep(ECHO_CHECK_INTERVAL).await;
            // Twice in a row: after a pause of the process, packets wait to be received.
            match cluster.echo_lost() {
                true if was_lost => return Err(BusError::EchoLost),
                is_lost => was_lost = is_lost,
            }
        }
    };
    tokio::select! {
        ended = receiving => ended,
        ended = publisher.publish(cluster, connection) => ended,
        ended = checking_echo => ended,
        () = cluster.shutdown_requested() => Ok(()),
    }
}

impl Publisher {
    /// Publishes messages, those that wait together as one packet, until the chat is dropped.
    async fn publish(
        &mut self,
        cluster: &Cluster,
        mut connection: MultiplexedConnection,
    ) -> Result<(), BusError> {
        let mut batch = Vec::with_capacity(MAX_MESSAGES_PER_PACKET);
        while self.recv_many(&mut batch).await > 0 {
            let header = self.next_header(cluster, batch.len());
            let packet = codec::encode(header, &batch)?;
            let mut publish = cmd("PUBLISH");
            publish.arg(cluster.channel_name()).arg(packet);
            let published: Result<(), RedisError> = publish.query_async(&mut connection).await;
            let count = batch.len() as u64;
            if let Err(error) = published {
                metrics::counter!("parlance_bus_dropped_total").increment(count);
                return Err(error.into());
            }
            metrics::counter!("parlance_bus_published_total").increment(count);
            let is_leaving = |it: &BusMessage| matches!(it, BusMessage::NodeLeaving);
            if batch.iter().any(is_leaving) {
                cluster.leave_sent.notify_one();
            }
            batch.clear();
        }
        Ok(())
    }

    async fn recv_many(&mut self, batch: &mut Vec<BusMessage>) -> usize {
        self.messages
            .recv_many(batch, MAX_MESSAGES_PER_PACKET)
            .await
    }

    /// The header of a packet. Dropped messages are numbered too, so that the receivers notice.
    fn next_header(&mut self, cluster: &Cluster, count: usize) -> PacketHeader {
        self.next_number += cluster.take_dropped();
        let number = self.next_number;
        self.next_number += count as u64;
        PacketHeader {
            node: cluster.node_id,
            number,
        }
    }

    /// Drops messages while there is no connection. Ends when the chat is dropped.
    async fn discard(&mut self, cluster: &Cluster) {
        while self.messages.recv().await.is_some() {
            cluster.note_dropped(1);
        }
    }
}
