//! `Authority`: a host and a port, as `Host` and `Origin` write them.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// In lower case; an IPv6 address in brackets.
    pub host: String,
    pub port: Option<u16>,
}

impl Authority {
    /// `None` for what is no host, as with a user (`ada@host`).
    pub fn parse(text: &str) -> Option<Self> {
        let authority: http::uri::Authority = text.trim().parse().ok()?;
        let (name, port) = (authority.host(), authority.port_u16());
        // The port may be empty (RFC 3986, 3.2.3), and there may be no user before the host.
        let rest = authority.as_str().strip_prefix(name)?;
        let is_plain = !name.is_empty() && (port.is_some() || ["", ":"].contains(&rest));
        is_plain.then(|| Self {
            host: authority.host().to_ascii_lowercase(),
            port,
        })
    }

    /// With that port, if it names none itself.
    #[must_use]
    pub fn with_port(self, port: Option<u16>) -> Self {
        Self {
            port: self.port.or(port),
            ..self
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
