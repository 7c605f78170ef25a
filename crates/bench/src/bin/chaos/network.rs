//! A network of its own for each node, with a cable of its own to each thing it talks to: its
//! clients, Redis, and Postgres. A cable can be pulled so that nobody is told.

use crate::Result;
use std::{
    net::{IpAddr, Ipv4Addr},
    process::{self, Command},
};

/// What the addresses of all cables begin with: a range that is set apart for measuring networks.
const RANGE: [u8; 2] = [198, 18];

/// The cables, by what is at their other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cable {
    Clients,
    Bus,
    Database,
}

impl Cable {
    pub const ALL: [Self; 3] = [Self::Clients, Self::Bus, Self::Database];

    fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Bus => "bus",
            Self::Database => "database",
        }
    }

    fn address(self, host: u8) -> IpAddr {
        let [a, b] = RANGE;
        let third = match self {
            Self::Clients => 1,
            Self::Bus => 2,
            Self::Database => 3,
        };
        Ipv4Addr::new(a, b, third, host).into()
    }

    /// Where this end is: that of the clients, of Redis and of Postgres.
    pub fn here(self) -> IpAddr {
        self.address(1)
    }
}

pub struct Network {
    /// Stands in all names, so that two runs don't meet.
    run: u32,
    nodes: usize,
}

impl Network {
    pub fn new(nodes: usize) -> Result<Self> {
        let [a, b] = RANGE;
        let taken = said_by(&["-4", "-oneline", "address"])?;
        if taken.contains(&format!(" {a}.{b}.")) {
            return Err(format!("this machine is in a network {a}.{b}.0.0 already").into());
        }
        // From here on, whatever fails: it is taken down again.
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
        for cable in Cable::ALL {
            let bridge = cable.name();
            ip(&["-n", &hub, "link", "add", bridge, "type", "bridge"])?;
            ip(&["-n", &hub, "link", "set", bridge, "up"])?;
            // The name of an interface has 15 letters at most.
            let ours = network.here(cable);
            ip(&[
                "link", "add", &ours, "type", "veth", "peer", "name", "here", "netns", &hub,
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
            network.plug(cable, "here")?;
            ip(&[
                "address",
                "add",
                &format!("{}/24", cable.here()),
                "dev",
                &ours,
            ])?;
            ip(&["link", "set", &ours, "up"])?;
            for node in 0..nodes {
                let (namespace, port) = (network.namespace(node), format!("{bridge}-{node}"));
                let address = format!("{}/24", Self::address(cable, node));
                ip(&[
                    "-n", &hub, "link", "add", &port, "type", "veth", "peer", "name", bridge,
                    "netns", &namespace,
                ])?;
                network.plug(cable, &node.to_string())?;
                ip(&["-n", &namespace, "address", "add", &address, "dev", bridge])?;
                ip(&["-n", &namespace, "link", "set", bridge, "up"])?;
            }
        }
        Ok(network)
    }

    pub fn namespace(&self, node: usize) -> String {
        format!("parlance-{}-{node}", self.run)
    }

    pub fn address(cable: Cable, node: usize) -> IpAddr {
        cable.address(u8::try_from(10 + node).unwrap_or(u8::MAX))
    }

    /// What is sent from now on is gone, in both directions, and neither end is told.
    pub fn pull(&self, cable: Cable, node: usize) -> Result<()> {
        let port = format!("{}-{node}", cable.name());
        ip(&["-n", &self.hub(), "link", "set", &port, "nomaster"])
    }

    pub fn plug_in(&self, cable: Cable, node: usize) -> Result<()> {
        self.plug(cable, &node.to_string())
    }

    fn plug(&self, cable: Cable, end: &str) -> Result<()> {
        let (hub, bridge) = (self.hub(), cable.name());
        let port = format!("{bridge}-{end}");
        ip(&["-n", &hub, "link", "set", &port, "master", bridge, "up"])
    }

    /// The end of a cable that is ours.
    fn here(&self, cable: Cable) -> String {
        format!("{}{}", &cable.name()[..3], self.run)
    }

    fn hub(&self) -> String {
        format!("parlance-{}-hub", self.run)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let nodes = (0..self.nodes).map(|node| self.namespace(node));
        let spaces = nodes.chain([self.hub()]);
        for cable in Cable::ALL {
            // What was never made can't be removed.
            let _ = ip(&["link", "delete", &self.here(cable)]);
        }
        for space in spaces {
            let _ = ip(&["netns", "delete", &space]);
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    said_by(arguments).map(drop)
}

fn said_by(arguments: &[&str]) -> Result<String> {
    let output = Command::new("ip").args(arguments).output();
    let output = output.map_err(|error| format!("ip (of iproute2) does not run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "ip {}: {said}networks are made by root only",
        arguments.join(" ")
    )
    .into())
}
