//! Network namespace of each node, with a separate link to its clients, to Redis and to Postgres. A
//! link can be cut so that packets are dropped and neither end is notified.

use crate::settings::Result;
use std::{
    net::{IpAddr, Ipv4Addr},
    process::{self, Command},
};

/// First two bytes of all addresses: 198.18.0.0/15 is reserved for benchmarks (RFC 2544).
const ADDRESS_PREFIX: [u8; 2] = [198, 18];

/// The links of a node, by what is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Clients,
    Bus,
    Database,
}

impl Link {
    pub const ALL: [Self; 3] = [Self::Clients, Self::Bus, Self::Database];

    fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Bus => "bus",
            Self::Database => "database",
        }
    }

    fn address(self, host: u8) -> IpAddr {
        let [a, b] = ADDRESS_PREFIX;
        let third = match self {
            Self::Clients => 1,
            Self::Bus => 2,
            Self::Database => 3,
        };
        Ipv4Addr::new(a, b, third, host).into()
    }

    /// Address of the other end: of the clients, of Redis or of Postgres.
    pub fn here(self) -> IpAddr {
        self.address(1)
    }
}

pub struct Network {
    /// Process id, part of all names so that two runs do not collide.
    run: u32,
    nodes: usize,
}

impl Network {
    pub fn new(nodes: usize) -> Result<Self> {
        let [a, b] = ADDRESS_PREFIX;
        let taken = ip_output(&["-4", "-oneline", "address"])?;
        if taken.contains(&format!(" {a}.{b}.")) {
            return Err(format!("this machine is in a network {a}.{b}.0.0 already").into());
        }
        // `drop` removes what exists by then, whatever fails from here on.
        let network = Self {
            run: process::id(),
            nodes,
        };
        let hub = network.hub();
        ip(&["netns", "add", &hub])?;
        for node in 0..nodes {
            let namespace = network.namespace(node);
            ip(&["netns", "add", &namespace])?;
            ip(&["-n", &namespace, "link", "set", "lo", "up"])?;
        }
        for link in Link::ALL {
            let bridge = link.name();
            ip(&["-n", &hub, "link", "add", bridge, "type", "bridge"])?;
            ip(&["-n", &hub, "link", "set", bridge, "up"])?;
            // An interface name has at most 15 bytes (IFNAMSIZ).
            let interface = network.here(link);
            ip(&[
                "link", "add", &interface, "type", "veth", "peer", "name", "here", "netns", &hub,
            ])?;
            ip(&[
                "-n",
                &hub,
                "link",
                "set",
                "here",
                "name",
                &format!("{bridge}-here"),
            ])?;
            network.attach(link, "here")?;
            ip(&[
                "address",
                "add",
                &format!("{}/24", link.here()),
                "dev",
                &interface,
            ])?;
            ip(&["link", "set", &interface, "up"])?;
            for node in 0..nodes {
                let (namespace, port) = (network.namespace(node), format!("{bridge}-{node}"));
                let address = format!("{}/24", Self::address(link, node));
                ip(&[
                    "-n", &hub, "link", "add", &port, "type", "veth", "peer", "name", bridge,
                    "netns", &namespace,
                ])?;
                network.attach(link, &node.to_string())?;
                ip(&["-n", &namespace, "address", "add", &address, "dev", bridge])?;
                ip(&["-n", &namespace, "link", "set", bridge, "up"])?;
            }
        }
        Ok(network)
    }

    pub fn namespace(&self, node: usize) -> String {
        format!("parlance-{}-{node}", self.run)
    }

    pub fn address(link: Link, node: usize) -> IpAddr {
        link.address(u8::try_from(10 + node).unwrap_or(u8::MAX))
    }

    /// Drops all packets of a link from now on, in both directions; neither end is notified.
    pub fn cut(&self, link: Link, node: usize) -> Result<()> {
        let port = format!("{}-{node}", link.name());
        ip(&["-n", &self.hub(), "link", "set", &port, "nomaster"])
    }

    pub fn restore(&self, link: Link, node: usize) -> Result<()> {
        self.attach(link, &node.to_string())
    }

    fn attach(&self, link: Link, end: &str) -> Result<()> {
        let (hub, bridge) = (self.hub(), link.name());
        let port = format!("{bridge}-{end}");
        ip(&["-n", &hub, "link", "set", &port, "master", bridge, "up"])
    }

    /// Interface name of the end that is in the namespace of this process.
    fn here(&self, link: Link) -> String {
        format!("{}{}", &link.name()[..3], self.run)
    }

    fn hub(&self) -> String {
        format!("parlance-{}-hub", self.run)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let nodes = (0..self.nodes).map(|node| self.namespace(node));
        let spaces = nodes.chain([self.hub()]);
        for link in Link::ALL {
            // It may never have been created.
            let _ = ip(&["link", "delete", &self.here(link)]);
        }
        for space in spaces {
            let _ = ip(&["netns", "delete", &space]);
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    ip_output(arguments).map(drop)
}

fn ip_output(arguments: &[&str]) -> Result<String> {
    let output = Command::new("ip").args(arguments).output();
    let output = output.map_err(|error| format!("ip (of iproute2) does not run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "ip {}: {error}network namespaces need root",
        arguments.join(" ")
    )
    .into())
}
