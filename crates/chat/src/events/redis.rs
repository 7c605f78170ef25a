//! The way over Redis: one channel that all nodes publish to and hear. Connections are made again
//! whenever they break, or when the node does not hear itself.

use super::wire::{self, Header};
use crate::{
    Chat, Parts,
    nodes::{Nodes, Word},
};
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

/// A Redis that takes longer than this is not there. A network that was cut says nothing at all.
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);

/// Between attempts to connect, at most; those that are waited for come back within seconds.
const PAUSE: Duration = Duration::from_millis(500);

/// A node says something every second, and hears it.
const MUTE: Duration = Duration::from_secs(4);

/// Words that travel together, at most.
const WORDS: usize = 128;

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("there was no answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("the subscription has ended")]
    Unsubscribed,
    #[error("this node does not hear itself")]
    Mute,
    #[error("{0}")]
    Unwritable(#[from] serde_json::Error),
    #[error("the database does not say what it is: {0}")]
    Nameless(#[from] crate::Error),
}

/// The words on their way out, and the number of the next.
struct Post {
    words: mpsc::Receiver<Word>,
    number: u64,
}

/// Keeps this node connected for as long as the chat is there.
pub async fn keep_connected(chat: Weak<Parts>, client: Client, words: mpsc::Receiver<Word>) {
    let mut post = Post { words, number: 0 };
    let mut was_up = true;
    while let Some(nodes) = nodes(&chat) {
        match connect(&chat, &nodes, &client).await {
            Ok((connection, stream)) => {
                tracing::info!(node = %nodes.id, "the bus is up");
                nodes.connected(connection.clone());
                let broken = serve(&chat, &nodes, &mut post, connection, stream).await;
                nodes.disconnected();
                let Err(error) = broken else { return };
                tracing::warn!(%error, "the bus is down: other nodes are heard through the database");
                was_up = true;
            }
            Err(error) => {
                if was_up {
                    tracing::warn!(%error, "there is no bus: other nodes are heard through the database");
                    was_up = false;
                }
            }
        }
        let pause = rand::rng().random_range(PAUSE / 4..PAUSE);
        tokio::select! {
            () = sleep(pause) => {}
            () = post.discard(&nodes) => return,
            () = nodes.stopped() => return,
        }
    }
}

/// The other nodes, as long as the chat is there; without keeping it.
fn nodes(chat: &Weak<Parts>) -> Option<Arc<Nodes>> {
    chat.upgrade()?.events.nodes().cloned()
}

async fn connect(
    chat: &Weak<Parts>,
    nodes: &Nodes,
    client: &Client,
) -> Result<(MultiplexedConnection, PubSubStream), Broken> {
    if nodes.name().is_empty()
        && let Some(parts) = chat.upgrade()
    {
        nodes.set_name(timeout(ANSWER, Chat(parts).deployment()).await??);
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER));
    let connecting = async {
        let mut ear = client.get_async_pubsub().await?;
        ear.subscribe(nodes.name()).await?;
        let mouth = client.get_multiplexed_async_connection_with_config(&config);
        Ok::<_, RedisError>((mouth.await?, ear.into_on_message()))
    };
    Ok(timeout(CONNECT * 2, connecting).await??)
}

/// Until something breaks, or the chat has gone.
async fn serve(
    chat: &Weak<Parts>,
    nodes: &Nodes,
    post: &mut Post,
    connection: MultiplexedConnection,
    mut stream: PubSubStream,
) -> Result<(), Broken> {
    let hearing = async {
        while let Some(letter) = stream.next().await {
            let Some(parts) = chat.upgrade() else {
                return Ok(());
            };
            Chat(parts).hear(&String::from_utf8_lossy(letter.get_payload_bytes()));
        }
        Err(Broken::Unsubscribed)
    };
    let listening_to_oneself = async {
        let mut doubted = false;
        loop {
            sleep(PAUSE).await;
            // Asked twice: a process that was stopped for a while has not yet heard what waits.
            match nodes.is_mute(MUTE) {
                true if doubted => return Err(Broken::Mute),
                is_mute => doubted = is_mute,
            }
        }
    };
    tokio::select! {
        ended = hearing => ended,
        ended = post.send(nodes, connection) => ended,
        ended = listening_to_oneself => ended,
        () = nodes.stopped() => Ok(()),
    }
}

impl Post {
    async fn send(
        &mut self,
        nodes: &Nodes,
        mut connection: MultiplexedConnection,
    ) -> Result<(), Broken> {
        let mut words = Vec::with_capacity(WORDS);
        while self.words.recv_many(&mut words, WORDS).await > 0 {
            let header = self.number(nodes, words.len());
            let letter = wire::write(header, &words)?;
            let mut publish = cmd("PUBLISH");
            publish.arg(nodes.name()).arg(letter);
            let published: Result<(), RedisError> = publish.query_async(&mut connection).await;
            let count = words.len() as u64;
            if let Err(error) = published {
                metrics::counter!("parlance_bus_dropped_total").increment(count);
                return Err(error.into());
            }
            metrics::counter!("parlance_bus_published_total").increment(count);
            if words.iter().any(|it| matches!(it, Word::Leaving)) {
                nodes.note_left();
            }
            words.clear();
        }
        Ok(())
    }

    /// Numbers count what was dropped too, so that the others know.
    fn number(&mut self, nodes: &Nodes, count: usize) -> Header {
        self.number += nodes.take_dropped();
        let number = self.number;
        self.number += count as u64;
        Header {
            node: nodes.id,
            number,
        }
    }

    /// Nobody is there to hear it. Ends with the chat.
    async fn discard(&mut self, nodes: &Nodes) {
        while self.words.recv().await.is_some() {
            nodes.note_dropped(1);
        }
    }
}
