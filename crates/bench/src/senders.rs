//! People who send: each waits for the acknowledgement before the next message.

use crate::{
    error::{Error, Result},
    numbers::Latencies,
};
use bench::client::{Connection, Packet};
use model::ConversationId;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// About what people say.
pub const BODY: &str =
    "Could you look at the release branch before lunch, please? The build is green now.";

/// When a measurement counts.
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

/// A payload of `message:send`.
pub fn message(id: ConversationId, client_id: &str) -> String {
    format!(r#"{{"conversationId":"{id}","body":"{BODY}","clientId":"{client_id}"}}"#)
}

/// Whether an acknowledgement says yes; some servers sort the keys of an answer.
pub fn is_ok(payload: &str) -> bool {
    payload.starts_with(r#"{"ok":true"#) || payload.ends_with(r#""ok":true}"#)
}

/// Everybody sends to their conversation, again and again. Answers with the latencies of what was
/// sent and acknowledged within the window.
pub async fn send_in_turns(
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
        let payload = message(id, &format!("{name}-{number}"));
        let start = Instant::now();
        connection.ask(number, "message:send", &payload).await?;
        answered(&mut connection, number).await?;
        let end = Instant::now();
        if end >= window.until {
            break;
        }
        if start >= window.from {
            latencies.record(end - start);
        }
    }
    // Who leaves gives the others less to do: all stay until the last one has finished.
    let stay = sleep_until(window.until + Duration::from_millis(500));
    tokio::pin!(stay);
    loop {
        tokio::select! {
            () = &mut stay => return Ok(latencies),
            packet = connection.next() => { packet?; }
        }
    }
}

/// Waits for the acknowledgement of that id, and that it says yes.
pub async fn answered(connection: &mut Connection, wanted: u64) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::is_ok;

    #[test]
    fn yes_is_first_or_last() {
        assert!(is_ok(r#"{"ok":true,"message":{}}"#));
        assert!(is_ok(r#"{"message":{},"ok":true}"#));
        assert!(!is_ok(r#"{"message":{"body":"\"ok\":true"},"ok":false}"#));
    }
}
