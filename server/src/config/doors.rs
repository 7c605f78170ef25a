//! Which contracts are served, and on which ports.

use crate::contracts::{CONTRACTS, ContractSpec};
use std::str::FromStr;

/// A contract to serve.
#[derive(Clone, Debug)]
pub struct DoorSetting {
    pub door: &'static ContractSpec,
    /// A port of its own; below `/contracts/<name>/` of the main address it is in any case.
    pub port: Option<u16>,
    /// Whether a busy port is an error: it is when somebody asked for this one.
    pub insists: bool,
}

/// The setting `CONTRACTS`: `off`, or names with their ports.
#[derive(Clone, Debug)]
pub struct Doors(pub Vec<DoorSetting>);

impl Default for Doors {
    fn default() -> Self {
        let doors = CONTRACTS.iter().map(|known| DoorSetting {
            door: known,
            port: Some(known.port),
            insists: false,
        });
        Self(doors.collect())
    }
}

impl FromStr for Doors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self(Vec::new()));
        }
        let mut doors: Vec<DoorSetting> = Vec::new();
        for entry in text.split(',').map(str::trim) {
            let (name, port) = match entry.split_once('=') {
                Some((name, port)) => (name.trim(), Some(port.trim())),
                None => (entry, None),
            };
            let Some(door) = CONTRACTS.iter().find(|known| known.name == name) else {
                let names: Vec<_> = CONTRACTS.iter().map(|known| known.name).collect();
                return Err(format!("{name:?} is none of {}", names.join(", ")));
            };
            if doors.iter().any(|setting| setting.door.name == name) {
                return Err(format!("{name} is named twice"));
            }
            let port = port
                .map(|port| port.parse().map_err(|_| format!("{port:?} is no port")))
                .transpose()?;
            doors.push(DoorSetting {
                door,
                port,
                insists: true,
            });
        }
        Ok(Self(doors))
    }
}

impl Doors {
    /// Another port for a door, by a name that its contract's own server gives the setting.
    pub fn set_port(&mut self, name: &str, port: u16) {
        for setting in self.0.iter_mut().filter(|it| it.door.name == name) {
            setting.port = Some(port);
            setting.insists = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Doors;

    /// Names and ports, as they are set.
    fn doors(text: &str) -> Result<Vec<(&'static str, Option<u16>)>, String> {
        let doors = text.parse::<Doors>()?.0;
        assert!(doors.iter().all(|setting| setting.insists));
        let settings = doors.iter().map(|it| (it.door.name, it.port));
        Ok(settings.collect())
    }

    #[test]
    fn doors_have_ports_or_none() {
        assert_eq!(doors("off"), Ok(Vec::new()));
        assert_eq!(
            doors("groups=1, rooms"),
            Ok(vec![("groups", Some(1)), ("rooms", None)])
        );
        for bad in ["", "nonsense", "groups=", "groups=x", "groups=1,groups=2"] {
            assert!(doors(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_insists_on_the_default() {
        let mut doors = Doors::default();
        assert!(doors.0.iter().all(|setting| !setting.insists));
        doors.set_port("rooms", 4);
        let set = doors.0.iter().find(|setting| setting.insists).unwrap();
        assert_eq!((set.door.name, set.port), ("rooms", Some(4)));
    }
}
