//! A connection with a task of its own: ask and await, while what is heard goes to a channel.

use super::{Connection, Packet, Problem, Target};
use serde_json::value::RawValue;
use std::{collections::HashMap, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// How long an acknowledgement may take.
const ANSWER: Duration = Duration::from_secs(10);

/// An event, as the server has worded it.
#[derive(Debug)]
pub struct Heard {
    pub name: String,
    pub payload: Box<RawValue>,
}

struct Ask {
    event: &'static str,
    payload: String,
    answer: oneshot::Sender<Box<RawValue>>,
}

/// Dropping it cuts the connection, without a word to the server.
pub struct Client {
    asks: mpsc::UnboundedSender<Ask>,
    task: JoinHandle<()>,
}

impl Client {
    /// Connects. The channel ends with the connection.
    pub async fn connect(
        target: Target,
        token: &str,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Heard>), Problem> {
        let connection = Connection::open(target, token).await?;
        let (asks, asked) = mpsc::unbounded_channel();
        let (hearing, heard) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            // Whoever waits learns of the end by the closed channels.
            let _ = serve(connection, asked, hearing).await;
        });
        Ok((Self { asks, task }, heard))
    }

    /// Emits, and waits for the acknowledgement; at most ten seconds.
    pub async fn ask(
        &self,
        event: &'static str,
        payload: String,
    ) -> Result<Box<RawValue>, Problem> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask {
            event,
            payload,
            answer,
        };
        self.asks.send(ask).map_err(|_| Problem::Ended)?;
        let answered = timeout(ANSWER, answered).await.map_err(|_| Problem::Late)?;
        answered.map_err(|_| Problem::Ended)
    }

    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut connection: Connection,
    mut asked: mpsc::UnboundedReceiver<Ask>,
    hearing: mpsc::UnboundedSender<Heard>,
) -> Result<(), Problem> {
    let mut waiting: HashMap<u64, oneshot::Sender<Box<RawValue>>> = HashMap::new();
    let mut id = 0;
    loop {
        tokio::select! {
            ask = asked.recv() => {
                let Some(Ask { event, payload, answer }) = ask else { return Ok(()) };
                id += 1;
                waiting.insert(id, answer);
                connection.ask(id, event, &payload).await?;
            }
            packet = connection.next() => match packet? {
                Packet::Event { name, payload } => {
                    let heard = Heard { name: name.to_owned(), payload: raw(payload)? };
                    if hearing.send(heard).is_err() {
                        return Ok(());
                    }
                }
                Packet::Ack { id, payload } => {
                    if let Some(answer) = waiting.remove(&id) {
                        // Who no longer waits needs no answer.
                        let _ = answer.send(raw(payload)?);
                    }
                }
                _ => {}
            }
        }
    }
}

fn raw(payload: &str) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(payload.to_owned()).map_err(|_| Problem::Unexpected(payload.to_owned()))
}
