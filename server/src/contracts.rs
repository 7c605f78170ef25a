//! The table of the five doors: contracts of other chats, whose clients work here unchanged.
//!
//! Each is a router and a Socket.IO server of its own, found at the root of its own port and below
//! `/contracts/<name>/` on the main address.

mod broadcast;
mod conversations;
mod direct;
mod groups;
pub mod input;
mod pairs;
pub mod rest;
mod rooms;

use crate::{State, gateway::MountedGateway};
use axum::Router;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use tokio::task::JoinHandle;

/// What a door says of a request or a handshake without a token; each has its own words for it.
pub const NO_TOKEN: &str = "There is no token.";

/// An open door.
pub struct Door {
    pub name: &'static str,
    pub router: Router<State>,
    /// Ends when its sockets have.
    pub closed: JoinHandle<()>,
}

/// A door that can be opened, and the port of its document.
#[derive(Debug)]
pub struct Known {
    pub name: &'static str,
    pub port: u16,
    open: fn(&State) -> Served,
}

/// What a door serves: its sockets, its routes and its words for what is refused.
pub struct Served {
    pub sockets: MountedGateway,
    pub routes: Router<State>,
    pub words: rest::Words,
}

pub static KNOWN: &[Known] = &[
    Known {
        name: "groups",
        port: 8001,
        open: groups::open,
    },
    Known {
        name: "rooms",
        port: 3003,
        open: rooms::open,
    },
    Known {
        name: "direct",
        port: 3010,
        open: direct::open,
    },
    Known {
        name: "conversations",
        port: 3000,
        open: conversations::open,
    },
    Known {
        name: "broadcast",
        port: 5000,
        open: broadcast::open,
    },
];

impl Known {
    pub fn open(&self, state: &State) -> Door {
        let Served {
            sockets,
            routes,
            words,
        } = (self.open)(state);
        Door {
            name: self.name,
            router: rest::serve(routes, sockets.router, words, state),
            closed: sockets.closed,
        }
    }
}

/// A time as JavaScript's `toISOString` prints it.
pub fn iso(time: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    // Only a year beyond 9999 can fail, and then the client gets something to look at.
    time.to_offset(time::UtcOffset::UTC)
        .format(FORMAT)
        .unwrap_or_else(|_| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::iso;
    use time::macros::datetime;

    #[test]
    fn times_are_those_of_javascript() {
        let time = datetime!(2026-03-01 13:04:05.678_9 +1);
        assert_eq!(iso(time), "2026-03-01T12:04:05.678Z");
    }
}
