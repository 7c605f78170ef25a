//! `Timings`: the intervals, delays and timeouts of a chat that a test needs to shorten.

use std::time::Duration;

/// `Default` has the values for production. All nodes of a cluster should have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// How long a user stays present after the last device has disconnected, so that reloading a
    /// page is no absence. Default: 2 s.
    pub presence_grace: Duration,
    /// Typing ends this long after the last `typing: true` of a client of this node. Default: 6 s.
    pub typing_timeout: Duration,
    /// Typing that another node reported ends this long after its last report. Longer than
    /// `typing_timeout`, because the report may be late. Default: 8 s.
    pub remote_typing_timeout: Duration,
    /// Entries of the audit log are removed this long after they were written; `None` keeps them for good. Default: 365
    /// days.
    pub audit_log_age: Option<Duration>,
    pub sessions: SessionTimings,
    pub cluster: ClusterTimings,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimings {
    /// A session ends this long after it was last used. Default: 60 days.
    pub idle_timeout: Duration,
    /// A session ends this long after the sign-in, however much it is used. Default: `None`, never.
    pub max_age: Option<Duration>,
    /// How long after its first use a refresh token still gets the same successor: the answer may have
    /// been lost, or two tabs may have refreshed at once. Later uses end the session. Default: 60 s.
    pub refresh_grace: Duration,
    /// Pause between two comparisons of the open sockets with sessions, users and roles in the
    /// database, which find what no event has told. Default: 5 s.
    pub audit_interval: Duration,
}

/// What nodes wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterTimings {
    /// Grace before a sequence gap is read from the database, because the missing change may be on
    /// its way from another node. Later changes of that conversation wait for it. Default: 150 ms.
    pub gap_grace: Duration,
    /// Delay before the database is checked for changes that were committed while a user was being
    /// subscribed. Default: 100 ms.
    pub subscribe_settle_delay: Duration,
    /// Grace before a conversation that reconciling found to be behind is read from the database,
    /// because its changes may be on their way from another node. Default: 100 ms.
    pub reconcile_grace: Duration,
    /// A node that does not receive its own packets for this long reconnects to Redis. Nodes send a
    /// heartbeat every second. Default: 4 s.
    pub echo_timeout: Duration,
    /// A node that has been silent for this long may have died before it published all that it
    /// committed: the others compare themselves with the database. Default: 3 s.
    pub suspect_after: Duration,
    /// A node that has been silent for this long is dead: its users are no longer connected.
    /// Default: 10 s.
    pub dead_after: Duration,
    /// The same while this node has no connection to Redis and can receive nothing. Default: 60 s.
    pub dead_after_while_disconnected: Duration,
    /// Pause between two comparisons with the database while Redis is connected. It is a safety net
    /// only: every suspected loss triggers one earlier (the callers of
    /// `Cluster::request_access_audit`, and the loss of the connection). Default: 20 s.
    pub reconcile_interval: Duration,
    /// The same while Redis is not connected; it is then the only way in which nodes learn of each
    /// other's changes. Default: 1 s.
    pub reconcile_interval_without_bus: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            presence_grace: Duration::from_secs(2),
            typing_timeout: Duration::from_secs(6),
            remote_typing_timeout: Duration::from_secs(8),
            audit_log_age: Some(Duration::from_hours(365 * 24)),
            sessions: SessionTimings::default(),
            cluster: ClusterTimings::default(),
        }
    }
}

impl Default for SessionTimings {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_hours(60 * 24),
            max_age: None,
            refresh_grace: Duration::from_mins(1),
            audit_interval: Duration::from_secs(5),
        }
    }
}

impl Default for ClusterTimings {
    fn default() -> Self {
        Self {
            gap_grace: Duration::from_millis(150),
            subscribe_settle_delay: Duration::from_millis(100),
            reconcile_grace: Duration::from_millis(100),
            echo_timeout: Duration::from_secs(4),
            suspect_after: Duration::from_secs(3),
            dead_after: Duration::from_secs(10),
            dead_after_while_disconnected: Duration::from_mins(1),
            reconcile_interval: Duration::from_secs(20),
            reconcile_interval_without_bus: Duration::from_secs(1),
        }
    }
}
