//! Closed-loop load: each sender waits for the acknowledgement before its next message.

use crate::{
    error::{Error, Result},
    payload::{is_ok, send_payload},
    stats::Latencies,
};
use bench::client::{Connection, Packet};
use model::ConversationId;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Time in which a measurement counts; the warm-up before it does not.
#[derive(Clone, Copy)]
pub struct Window {
    pub from: Instant,
    pub until: Instant,
}

impl Window {
    pub fn after(warm_up: Duration, measured: Duration) -> Self {
        let from = Instant::now() + warm_up;
        Self {
            from,
            until: from + measured,
        }
    }
}

/// Sends from all connections, each to its conversation, until the window ends. Returns the
/// latencies of what was sent and acknowledged within the window.
pub async fn send_closed_loop(
    senders: Vec<(Connection, ConversationId)>,
    window: Window,
) -> Result<Latencies> {
    let run: u32 = rand::random();
    let mut sending = JoinSet::new();
    for (number, (connection, id)) in senders.into_iter().enumerate() {
        let name = format!("{run:x}-{number}");
        sending.spawn(send(connection, id, name, window));
    }
    let mut all = Latencies::default();
    while let Some(latencies) = sending.join_next().await {
        all.add(&latencies??);
    }
    Ok(all)
}

async fn send(
    mut connection: Connection,
    id: ConversationId,
    name: String,
    window: Window,
) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    let mut number = 0;
    loop {
        number += 1;
        let payload = send_payload(id, &format!("{name}-{number}"));
        let start = Instant::now();
        connection
            .emit_with_ack(number, "message:send", &payload)
            .await?;
        await_ack(&mut connection, number).await?;
        let end = Instant::now();
        if end >= window.until {
            break;
        }
        if start >= window.from {
            latencies.record(end - start);
        }
    }
    // A sender that disconnects early takes load off the server: all stay connected until the last
    // one has finished.
    let stay = sleep_until(window.until + Duration::from_millis(500));
    tokio::pin!(stay);
    loop {
        tokio::select! {
            () = &mut stay => return Ok(latencies),
            packet = connection.next() => { packet?; }
        }
    }
}

/// Waits for the acknowledgement with that id. A refusal is an error.
pub async fn await_ack(connection: &mut Connection, wanted: u64) -> Result<()> {
    loop {
        match connection.next().await? {
            Packet::Ack { id, payload } if id == wanted => {
                return if is_ok(payload) {
                    Ok(())
                } else {
                    Err(Error::wrong(format!("a send was refused: {payload}")))
                };
            }
            _ => {}
        }
    }
}
