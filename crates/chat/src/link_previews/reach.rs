//! `Reach`: which addresses of the web the server asks for pages, and how it finds their hosts.
//!
//! An address is checked as it is written, each host once more when its name has been resolved, and a connection goes
//! to the addresses that were checked and to no others: a name that has another address a moment later leads nowhere.

use super::addresses::is_public;
use futures_util::{FutureExt, future::BoxFuture};
use reqwest::Url;
use std::{
    fmt, io,
    net::{IpAddr, ToSocketAddrs},
    sync::Arc,
};
use tokio::task::spawn_blocking;

/// The ports of the web. What answers on others may not be meant for everybody.
const PORTS: [u16; 2] = [80, 443];

/// Bytes of the name of a host, and of a part of it (RFC 1035).
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// Ends of names that no public host has (RFC 2606, 6761, 6762, 7686, 8375, 9476, and ICANN's `internal`), or that are
/// only there to be written about.
const RESERVED_NAMES: [&str; 15] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "home.arpa",
    "lan",
    "onion",
    "alt",
    "test",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "invalid",
];

/// Finds the addresses of a host, which has no dot at its end.
pub trait Lookup: fmt::Debug + Send + Sync {
    /// `NotFound` says that there is no such host. Other errors may pass.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// As the operating system does.
#[derive(Debug)]
struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        look_up(host).boxed()
    }
}

async fn look_up(host: String) -> io::Result<Vec<IpAddr>> {
    // With a dot at its end no domain of this machine is tried behind it (`search` in resolv.conf(5)).
    let host = format!("{host}.");
    let found = spawn_blocking(move || {
        let found = (host.as_str(), 0).to_socket_addrs()?;
        Ok(found.map(|it| it.ip()).collect())
    });
    found.await.map_err(io::Error::other)?
}

#[derive(Clone, Debug)]
pub struct Reach {
    lookup: Arc<dyn Lookup>,
    also_addresses: Vec<IpAddr>,
    also_ports: Vec<u16>,
}

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    #[error("another scheme than http and https")]
    Scheme,
    #[error("a user or a password in the address")]
    User,
    #[error("a port that is none of the web")]
    Port,
    #[error("a name that no public host has")]
    Name,
    #[error("an address that is none of the public internet")]
    Address,
}

impl Default for Reach {
    /// The public internet.
    fn default() -> Self {
        Self::new(Arc::new(SystemLookup), Vec::new(), Vec::new())
    }
}

impl Reach {
    /// Finds hosts with this look-up, and reaches these addresses and ports besides the public ones, as tests need it.
    pub fn new(lookup: Arc<dyn Lookup>, also_addresses: Vec<IpAddr>, also_ports: Vec<u16>) -> Self {
        Self {
            lookup,
            also_addresses,
            also_ports,
        }
    }

    /// Whether an address may be asked, as far as it says itself. `Url` reads a host as browsers do: `0x7f.1`,
    /// `2130706433` and `０１７７.1` are 127.0.0.1 then.
    pub fn check(&self, url: &Url) -> Result<(), Unreachable> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Unreachable::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unreachable::User);
        }
        let port = url.port_or_known_default().ok_or(Unreachable::Port)?;
        if !PORTS.contains(&port) && !self.also_ports.contains(&port) {
            return Err(Unreachable::Port);
        }
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_suffix('.').unwrap_or(host);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            return self.permit(address);
        }
        let is_reserved = RESERVED_NAMES.into_iter().any(|end| {
            let rest = host.strip_suffix(end);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        let is_name = host.len() <= MAX_HOST
            && host
                .split('.')
                .all(|label| (1..=MAX_LABEL).contains(&label.len()));
        // A name without a dot is looked up in the domains of this machine (`search` of resolv.conf(5)).
        if is_reserved || !is_name || !host.contains('.') {
            return Err(Unreachable::Name);
        }
        Ok(())
    }

    /// An address that may be asked, with the host by its one name: `a.org.` is `a.org`.
    pub fn plain(&self, mut url: Url) -> Result<Url, Unreachable> {
        self.check(&url)?;
        let host = url.host_str().and_then(|it| it.strip_suffix('.'));
        if let Some(host) = host.map(str::to_owned) {
            url.set_host(Some(&host)).map_err(|_| Unreachable::Name)?;
        }
        Ok(url)
    }

    /// Whether a connection may go to an address.
    pub fn permit(&self, address: IpAddr) -> Result<(), Unreachable> {
        if is_public(address) || self.also_addresses.contains(&address) {
            Ok(())
        } else {
            Err(Unreachable::Address)
        }
    }

    /// Whether a connection may go to these addresses of a host. One that is not public refuses all of them: which one is
    /// taken would be chance.
    pub fn permit_all(&self, addresses: &[IpAddr]) -> Result<(), Unreachable> {
        if addresses.is_empty() {
            return Err(Unreachable::Name);
        }
        addresses.iter().try_for_each(|it| self.permit(*it))
    }

    pub fn lookup(&self) -> &dyn Lookup {
        &*self.lookup
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, Unreachable};
    use reqwest::Url;

    fn check(address: &str) -> Result<(), Unreachable> {
        Reach::default().check(&address.parse::<Url>().unwrap())
    }

    #[test]
    fn addresses_of_the_web_are_reached() {
        for good in [
            "https://parlance.chat/x?y#z",
            "http://parlance.chat",
            "https://parlance.chat:443/",
            "https://münchen.de/",
            "http://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://testing.org",
            "https://latest.org.",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        for bad in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://127.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0x0.0x0.0x1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://0/",
            "http://１２７.0.0.1/",
            "http://①②⑦.0.0.1/",
            "http://127。0。0。1/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://0xa9fea9fe/",
            "http://2852039166/",
        ] {
            assert_eq!(check(bad), Err(Unreachable::Address), "{bad}");
        }
    }

    #[test]
    fn names_ports_users_and_schemes_are_looked_at() {
        for (address, reason) in [
            ("http://localhost/", Unreachable::Name),
            ("http://LOCALHOST./", Unreachable::Name),
            ("https://latest", Unreachable::Name),
            ("https://latest./", Unreachable::Name),
            ("http://db.internal/", Unreachable::Name),
            ("http://db.internal./", Unreachable::Name),
            ("https://a.org../", Unreachable::Name),
            ("https://a..org/", Unreachable::Name),
            ("https://.a.org/", Unreachable::Name),
            ("http://printer.local/", Unreachable::Name),
            ("http://a.b.home.arpa/", Unreachable::Name),
            ("https://a.example/", Unreachable::Name),
            ("https://files.example.org/", Unreachable::Name),
            ("http://parlance.chat:22/", Unreachable::Port),
            ("http://parlance.chat:6379/", Unreachable::Port),
            ("https://ada@parlance.chat/", Unreachable::User),
            ("https://:x@parlance.chat/", Unreachable::User),
            ("ftp://parlance.chat/", Unreachable::Scheme),
            ("file:///etc/passwd", Unreachable::Scheme),
            ("gopher://parlance.chat/", Unreachable::Scheme),
        ] {
            assert_eq!(check(address), Err(reason), "{address}");
        }
    }

    #[test]
    fn a_host_has_one_name_of_some_length() {
        let plain = |address: &str| {
            let url = address.parse::<Url>().unwrap();
            Reach::default().plain(url).map(String::from)
        };
        for (address, is) in [
            ("https://a.org./x?y", "https://a.org/x?y"),
            ("https://A.org.:443/", "https://a.org/"),
            ("https://a.org/x.", "https://a.org/x."),
            ("http://8.8.8.8./", "http://8.8.8.8/"),
        ] {
            assert_eq!(plain(address).as_deref(), Ok(is));
        }
        let dots = ".".repeat(290);
        assert_eq!(
            plain(&format!("https://a.org{dots}/")),
            Err(Unreachable::Name)
        );
        let label = "a".repeat(63);
        let long = [label.as_str(); 4].join(".");
        assert_eq!(
            plain(&format!("https://a{label}.org/")),
            Err(Unreachable::Name)
        );
        assert_eq!(plain(&format!("https://{long}/")), Err(Unreachable::Name));
        let longest = &long[2..];
        assert_eq!(longest.len(), 253);
        assert!(plain(&format!("https://{longest}./")).is_ok());
    }
}
