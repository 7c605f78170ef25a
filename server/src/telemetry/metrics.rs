//! The metrics of the server, with their names and help texts.

use chat::Chat;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::LazyLock;

pub const REQUEST_SECONDS: &str = "parlance_http_request_duration_seconds";
pub const REQUESTS_IN_FLIGHT: &str = "parlance_http_requests_in_flight";
pub const POOL_CONNECTIONS: &str = "parlance_database_connections";
pub const POOL_IDLE: &str = "parlance_database_connections_idle";
pub const TASKS: &str = "parlance_tasks";
const BATCH_MESSAGES: &str = "parlance_writer_batch_messages";

/// Upper bounds of the histograms of durations, in seconds.
const SECONDS_BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds of the histogram of batches, in messages.
const BATCH_BUCKETS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The recorder of the process, which all servers in it share.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS_BUCKETS)
        .and_then(|it| {
            it.set_buckets_for_metric(Matcher::Full(BATCH_MESSAGES.to_owned()), &BATCH_BUCKETS)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .inspect_err(|error| tracing::error!(%error, "there will be no metrics"))
        .ok()?;
    describe();
    Some(handle)
});

/// The counters of what clients may not have, with their help texts.
const REFUSALS: [(&str, &str); 4] = [
    (
        "parlance_connections_refused_total",
        "Connections that were refused, because there were as many of `all`, or of the `network`",
    ),
    (
        "parlance_connections_timed_out_total",
        "Connections that were closed, waiting for the `head` of a request, `idle`, or to `write`",
    ),
    (
        "parlance_handshakes_refused_total",
        "New connections of Socket.IO that were refused because of too many",
    ),
    (
        "parlance_socket_bytes_refused_total",
        "Connections of Socket.IO that were closed: a `stranger` sent too much, or a `message` did not end",
    ),
];

/// The other counters, with their help texts.
const COUNTERS: [(&str, &str); 17] = [
    ("parlance_messages_sent_total", "Messages that were written"),
    (
        "parlance_writer_refused_total",
        "Messages that were refused because too many waited",
    ),
    (
        "parlance_link_previews_total",
        "Pages of links that this node has looked for, by outcome: found, nothing (no page, or one that says nothing of itself), refused (no public address), limited, failed",
    ),
    (
        "parlance_emails_total",
        "Attempts of this node to send an e-mail, by outcome: sent, delayed, refused, dropped (nobody needs it), given_up (after a day)",
    ),
    (
        "parlance_search_indexed_total",
        "Changed messages that this node has brought into the search index",
    ),
    (
        "parlance_socket_marks_dropped_total",
        "Deliveries that were not marked because too many waited",
    ),
    (
        "parlance_socket_connections_refused_total",
        "Sockets whose connect was rejected, by door",
    ),
    ("parlance_socket_events_total", "Events of clients, by name"),
    (
        "parlance_socket_refused_total",
        "Events of clients that were refused, by reason",
    ),
    (
        "parlance_socket_cut_total",
        "Sockets that the server aborted, by reason",
    ),
    (
        "parlance_socket_dropped_total",
        "Events that a slow socket did not get",
    ),
    (
        "parlance_socket_missed_total",
        "Deliveries that a door was too slow for",
    ),
    (
        "parlance_bus_published_total",
        "Messages that this node has published to the others",
    ),
    (
        "parlance_bus_dropped_total",
        "Messages that were not published because Redis was away or the queue was full",
    ),
    (
        "parlance_bus_received_total",
        "Messages received from other nodes",
    ),
    (
        "parlance_bus_missed_total",
        "Times that messages of another node were missed",
    ),
    (
        "parlance_bus_recovered_total",
        "Changes that were read from the database instead",
    ),
];

/// Sets the help texts. The metrics without a constant above are recorded where the events happen.
fn describe() {
    for (name, text) in [
        (REQUEST_SECONDS, "From request to answer, by route"),
        (
            "parlance_socket_event_seconds",
            "From event to acknowledgement, by event",
        ),
        (
            "parlance_writer_queue_seconds",
            "From the send of a message to the batch that writes it",
        ),
    ] {
        describe_histogram!(name, Unit::Seconds, text);
    }
    describe_histogram!(BATCH_MESSAGES, "Messages that were written together");
    for (name, text) in [
        (TASKS, "Tasks of this process that have not ended"),
        (
            "parlance_writer_queue_depth",
            "Messages that wait to be written",
        ),
        (
            "parlance_search_lag_changes",
            "Changes that were not in the search index when it was last compared",
        ),
        ("parlance_emails_waiting", "E-mails that wait to be sent"),
        (
            "parlance_upload_bytes",
            "Bytes of the files of all users, as they count for the limit",
        ),
        (
            "parlance_upload_limit_bytes",
            "Bytes that the files of all users may have, 0 without a limit",
        ),
        (
            "parlance_upload_store_up",
            "Whether the bucket of the files answers; always 1 where they are in a folder",
        ),
        (
            "parlance_audit_position",
            "Place of the last entry in the chain of the audit log",
        ),
        (
            "parlance_email_lag_seconds",
            "How long the oldest e-mail has waited",
        ),
        (REQUESTS_IN_FLIGHT, "Requests that are being answered"),
        (POOL_CONNECTIONS, "Open connections to the database"),
        (POOL_IDLE, "Open connections to the database, unused"),
        ("parlance_socket_connections", "Connected sockets, by door"),
        (
            "parlance_socket_inbox_depth",
            "Events that wait in inboxes, by door",
        ),
        (
            "parlance_bus_up",
            "Whether this node receives the others' messages over Redis",
        ),
        ("parlance_bus_nodes", "Other nodes that are alive"),
        (
            "parlance_connections",
            "Open connections of clients over TCP",
        ),
        (
            "parlance_nodes_unheard",
            "Other nodes on this database that do not hear this one",
        ),
    ] {
        describe_gauge!(name, text);
    }
    for (name, text) in COUNTERS.into_iter().chain(REFUSALS) {
        describe_counter!(name, text);
    }
}

/// Installs the recorder. What was recorded before is lost.
pub fn init() {
    LazyLock::force(&RECORDER);
}

/// All metrics in the text format of Prometheus.
pub fn render(chat: &Chat) -> String {
    let pool = chat.pool();
    gauge!(POOL_CONNECTIONS).set(f64::from(pool.size()));
    #[expect(clippy::cast_precision_loss, reason = "a pool is small")]
    gauge!(POOL_IDLE).set(pool.num_idle() as f64);
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
    gauge!(TASKS).set(tasks as f64);
    RECORDER
        .as_ref()
        .map(|handle| {
            handle.run_upkeep();
            handle.render()
        })
        .unwrap_or_default()
}
