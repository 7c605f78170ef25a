//! The graceful end of a gateway: events in flight are answered, then the connections are closed.

use super::hub::Hub;
use futures_util::future::join_all;
use socketioxide::{SocketIo, operators::BroadcastOperators};
use std::time::Duration;

/// How long events in flight may take to be answered.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// How long clients may take to read what is queued for them; then they are aborted.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the hub is asked whether its last socket has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Closes the connections and not the sockets: a client reconnects by itself after the one, and not
/// after the other. Without Engine.IO's packet `close` (`frame.rs`, `upgrade.rs`), which not every
/// client takes for a reason to reconnect.
pub async fn close(hub: &Hub, engines: &[SocketIo]) {
    let subscribers = hub.all();
    for subscriber in &subscribers {
        subscriber.request_drain();
    }
    let answered = async {
        while !hub.is_empty() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    if tokio::time::timeout(ANSWER_TIMEOUT, answered)
        .await
        .is_err()
    {
        tracing::warn!(
            door = hub.name,
            "gave up on events that were not answered in time"
        );
    }
    let sockets: Vec<_> = engines
        .iter()
        .flat_map(SocketIo::nsps)
        .flat_map(BroadcastOperators::sockets)
        .collect();
    let closed = join_all(engines.iter().map(SocketIo::close));
    if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
        for subscriber in &subscribers {
            hub.abort(subscriber, "shutdown");
        }
    }
    for socket in sockets {
        // The connection is gone, so no client receives this; the engine would keep the socket for ever.
        let _ = socket.disconnect();
    }
}
