//! The setting `CONTRACTS`: which contracts are served, and on which ports.

use std::str::FromStr;

/// The contracts by name, each with the port that its document gives it.
pub const CONTRACT_PORTS: [(&str, u16); 5] = [
    ("groups", 8001),
    ("rooms", 3003),
    ("direct", 3010),
    ("conversations", 3000),
    ("broadcast", 5000),
];

/// A contract to serve.
#[derive(Clone, Debug)]
pub struct ContractPort {
    /// One of the names in `CONTRACT_PORTS`.
    pub name: &'static str,
    /// A port of its own. The main address serves the contract below `/contracts/<name>/` in any
    /// case.
    pub port: Option<u16>,
    /// Whether the operator has set the port. Only then is a busy port an error.
    pub explicit: bool,
}

/// `off`, or a list of names with or without ports: `groups=8001,rooms`.
#[derive(Clone, Debug)]
pub struct ContractPorts(pub Vec<ContractPort>);

impl Default for ContractPorts {
    fn default() -> Self {
        let ports = CONTRACT_PORTS.map(|(name, port)| ContractPort {
            name,
            port: Some(port),
            explicit: false,
        });
        Self(ports.into())
    }
}

impl FromStr for ContractPorts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self(Vec::new()));
        }
        let mut ports: Vec<ContractPort> = Vec::new();
        for entry in text.split(',').map(str::trim) {
            let (name, port) = match entry.split_once('=') {
                Some((name, port)) => (name.trim(), Some(port.trim())),
                None => (entry, None),
            };
            let Some((name, _)) = CONTRACT_PORTS.into_iter().find(|(it, _)| *it == name) else {
                let names = CONTRACT_PORTS.map(|(name, _)| name).join(", ");
                return Err(format!("{name:?} is none of {names}"));
            };
            if ports.iter().any(|it| it.name == name) {
                return Err(format!("{name} is named twice"));
            }
            let port = port
                .map(|port| port.parse().map_err(|_| format!("{port:?} is no port")))
                .transpose()?;
            ports.push(ContractPort {
                name,
                port,
                explicit: true,
            });
        }
        Ok(Self(ports))
    }
}

impl ContractPorts {
    /// Sets the port of a contract, if it is served.
    pub fn set_port(&mut self, name: &str, port: u16) {
        for contract in self.0.iter_mut().filter(|it| it.name == name) {
            contract.port = Some(port);
            contract.explicit = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ContractPorts;

    /// The names and ports of a valid setting.
    fn parse(text: &str) -> Result<Vec<(&'static str, Option<u16>)>, String> {
        let contracts = text.parse::<ContractPorts>()?.0;
        assert!(contracts.iter().all(|it| it.explicit));
        Ok(contracts.iter().map(|it| (it.name, it.port)).collect())
    }

    #[test]
    fn contracts_have_ports_or_none() {
        assert_eq!(parse("off"), Ok(Vec::new()));
        assert_eq!(
            parse("groups=1, rooms"),
            Ok(vec![("groups", Some(1)), ("rooms", None)])
        );
        for bad in ["", "nonsense", "groups=", "groups=x", "groups=1,groups=2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn default_ports_are_not_explicit() {
        let mut contracts = ContractPorts::default();
        assert!(contracts.0.iter().all(|it| !it.explicit));
        contracts.set_port("rooms", 4);
        let set = contracts.0.iter().find(|it| it.explicit).unwrap();
        assert_eq!((set.name, set.port), ("rooms", Some(4)));
    }
}
