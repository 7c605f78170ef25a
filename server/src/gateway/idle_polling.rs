//! The end of long-polling sessions that do not poll. The engine takes a pong for a sign of life, which a
//! client may send without ever fetching what waits for it.

use super::hub::Hub;
use metrics::counter;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const INTERVAL: Duration = Duration::from_secs(1);

/// Ends such sessions until the gateway closes. Their clients reconnect, if they are there.
pub async fn run(hub: &Hub) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for id in hub.polling_sessions.idle() {
            counter!("parlance_socket_cut_total", "door" => hub.name, "reason" => "unpolled")
                .increment(1);
            hub.polling_sessions.close(id);
        }
    }
}
