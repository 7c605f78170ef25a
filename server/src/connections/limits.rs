//! `ConnectionLimits`: how many connections there may be, in all and of one network.

use super::open_files;
use crate::{Config, config::Switch};
use chat::network;
use ipnet::IpNet;
use metrics::{counter, gauge};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Files that are kept for everything but connections of clients: the database, Redis, listeners, files
/// of the site, the log.
const RESERVED_FILES: usize = 128;

/// One network may have at most this part of all connections, so that it shuts nobody else out where
/// the limit of files is low.
const NETWORK_PART: usize = 4;

pub struct ConnectionLimits {
    counts: Mutex<Counts>,
    /// Of all networks together.
    max: usize,
    /// Of one network; `None` if the setting `RATE_LIMIT` is `off`.
    max_of_network: Option<usize>,
    trusted_proxies: Vec<IpNet>,
}

#[derive(Default)]
struct Counts {
    all: usize,
    /// Networks that have a connection. There are at most as many as connections.
    by_network: HashMap<IpAddr, usize>,
    /// Refusals that were logged.
    logged: usize,
}

/// Warnings about full networks that a process logs. Strangers can cause any number of them.
const MAX_LOGGED: usize = 100;

/// Why a connection was refused; the label of the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are as many connections as this server takes.
    All,
    /// There are as many of this network.
    Network,
}

/// Counts a connection while it exists.
#[derive(Debug)]
pub struct ConnectionPermit {
    limits: Arc<ConnectionLimits>,
    /// `None` for a trusted proxy, which has the connections of everybody.
    _network: Option<NetworkPermit>,
}

/// Counts a connection of a network while it exists.
#[derive(Debug)]
pub struct NetworkPermit {
    limits: Arc<ConnectionLimits>,
    network: IpAddr,
}

impl std::fmt::Debug for ConnectionLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionLimits")
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

impl ConnectionLimits {
    /// The limits of the settings, with room for the open files that are not connections.
    pub fn new(config: &Config) -> Self {
        let files = open_files::limit();
        let reserved = RESERVED_FILES + config.database_max_connections as usize;
        let room = files.saturating_sub(reserved).max(files / 4).max(1);
        let max = config
            .max_connections
            .map_or(room, |max| max.get().min(room));
        let of_network = config.max_connections_per_network.get();
        Self {
            counts: Mutex::default(),
            max,
            max_of_network: (config.rate_limit == Switch::On)
                .then(|| of_network.min(max / NETWORK_PART).max(1)),
            trusted_proxies: config.trusted_proxies.clone(),
        }
    }

    /// Admits a TCP connection of this peer.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<ConnectionPermit, Refusal> {
        let peer = peer.to_canonical();
        let network = if self.is_proxy(peer) {
            None
        } else {
            Some(self.admit_network(peer)?)
        };
        let mut counts = self.lock();
        if counts.all >= self.max {
            drop(counts);
            return Err(refused(Refusal::All));
        }
        counts.all += 1;
        gauge!("parlance_connections").increment(1);
        Ok(ConnectionPermit {
            limits: Arc::clone(self),
            _network: network,
        })
    }

    /// Admits a WebSocket of this client, whose TCP connection is a trusted proxy's; `None` if it is its
    /// own, and counted.
    pub fn admit_behind_proxy(
        self: &Arc<Self>,
        peer: IpAddr,
        client: Option<IpAddr>,
    ) -> Result<Option<NetworkPermit>, Refusal> {
        match client {
            Some(client) if self.is_proxy(peer.to_canonical()) => {
                self.admit_network(client).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Whether so few connections are left that idle ones are closed soon.
    pub fn is_scarce(&self) -> bool {
        self.lock().all > self.max / 4 * 3
    }

    fn admit_network(self: &Arc<Self>, client: IpAddr) -> Result<NetworkPermit, Refusal> {
        let network = network(client);
        let mut counts = self.lock();
        let count = counts.by_network.entry(network).or_default();
        if self.max_of_network.is_some_and(|max| *count >= max) {
            let log = counts.logged < MAX_LOGGED;
            counts.logged += usize::from(log);
            drop(counts);
            if log {
                tracing::warn!(
                    %network,
                    "this network has as many connections as MAX_CONNECTIONS_PER_NETWORK allows; \
                    if it is a reverse proxy, name it in TRUSTED_PROXIES"
                );
            }
            return Err(refused(Refusal::Network));
        }
        *count += 1;
        Ok(NetworkPermit {
            limits: Arc::clone(self),
            network,
        })
    }

    fn is_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|it| it.contains(&peer))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(refusal: Refusal) -> Refusal {
    let reason = match refusal {
        Refusal::All => "all",
        Refusal::Network => "network",
    };
    counter!("parlance_connections_refused_total", "reason" => reason).increment(1);
    refusal
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limits.lock().all -= 1;
        gauge!("parlance_connections").decrement(1);
    }
}

impl Drop for NetworkPermit {
    fn drop(&mut self) {
        let mut counts = self.limits.lock();
        if let Some(count) = counts.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionLimits, Counts, Refusal};
    use std::sync::{Arc, Mutex};

    fn limits(max: usize, max_of_network: usize) -> Arc<ConnectionLimits> {
        Arc::new(ConnectionLimits {
            counts: Mutex::new(Counts::default()),
            max,
            max_of_network: Some(max_of_network),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        })
    }

    fn address(text: &str) -> std::net::IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_its_part_and_leaves_the_rest() {
        let limits = limits(10, 2);
        let one = limits.admit(address("2001:db8::1")).unwrap();
        let _two = limits.admit(address("2001:db8::2")).unwrap();
        let third = limits.admit(address("2001:db8::ffff:3"));
        assert_eq!(third.unwrap_err(), Refusal::Network);
        let _other = limits.admit(address("192.0.2.1")).unwrap();
        drop(one);
        let _again = limits.admit(address("2001:db8::4")).unwrap();
        assert_eq!(limits.lock().all, 3);
    }

    #[test]
    fn connections_of_a_proxy_count_for_its_clients() {
        let limits = limits(10, 1);
        let proxy = address("::ffff:10.0.0.1");
        let _one = limits.admit(proxy).unwrap();
        let _two = limits.admit(proxy).unwrap();
        let ada = Some(address("192.0.2.1"));
        let socket = limits.admit_behind_proxy(proxy, ada).unwrap();
        assert!(socket.is_some());
        assert!(limits.admit_behind_proxy(proxy, ada).is_err());
        let grace = Some(address("192.0.2.2"));
        assert!(limits.admit_behind_proxy(proxy, grace).unwrap().is_some());
        drop(socket);
        assert!(limits.admit_behind_proxy(proxy, ada).is_ok());
        // Its own connection is counted already.
        let direct = limits.admit_behind_proxy(address("192.0.2.9"), ada);
        assert!(direct.unwrap().is_none());
    }

    #[test]
    fn there_are_never_more_than_all() {
        let limits = limits(2, 10);
        let one = limits.admit(address("192.0.2.1")).unwrap();
        let _two = limits.admit(address("10.0.0.1")).unwrap();
        let third = limits.admit(address("192.0.2.2"));
        assert_eq!(third.unwrap_err(), Refusal::All);
        assert!(limits.is_scarce());
        drop(one);
        assert!(limits.admit(address("192.0.2.2")).is_ok());
    }
}
