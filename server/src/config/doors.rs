//! Which contracts are served, and on which ports.

use crate::contracts::{KNOWN, Known};
use std::str::FromStr;

/// A contract to serve.
#[derive(Clone, Debug)]
pub struct DoorSetting {
    pub door: &'static Known,
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
        let doors = KNOWN.iter().map(|known| DoorSetting {
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
            let Some(door) = KNOWN.iter().find(|known| known.name == name) else {
                let names: Vec<_> = KNOWN.iter().map(|known| known.name).collect();
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
