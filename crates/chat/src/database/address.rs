//! `DATABASE_URL`: one host of Postgres or several, in the order in which they are tried.
//!
//! sqlx reads one host. The forms with several are libpq's (Postgres' manual, 34.1.1.3):
//! `postgres://user@one:5432,two:5433/chat` and `postgres:///chat?host=one,two&port=5432,5433`.

use super::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::str::FromStr;

/// The settings that name hosts and the choice among them. They are read here, and not passed on.
const OURS: [&str; 5] = [
    "host",
    "port",
    "target_session_attrs",
    "load_balance_hosts",
    "connect_timeout",
];

/// The settings of a URL that sqlx knows, beside `OURS` and `options[…]`. It would log others with their
/// value, which may be a secret.
const OF_SQLX: [&str; 15] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "hostaddr",
    "dbname",
    "user",
    "password",
    "application_name",
];

#[derive(Clone, Debug)]
pub struct Address {
    /// At least one.
    pub hosts: Vec<PgConnectOptions>,
    /// Whether a host that takes no writes is passed over. Always so with several hosts, because
    /// the server writes.
    pub must_be_writable: bool,
}

impl FromStr for Address {
    type Err = DatabaseError;

    fn from_str(url: &str) -> Result<Self, DatabaseError> {
        let parts = Parts::of(url).ok_or(DatabaseError::NoPostgresUrl)?;
        for (name, _) in parts.settings.iter().filter(|(name, _)| !is_known(name)) {
            tracing::warn!("DATABASE_URL has the setting {name:?}, which is not used");
        }
        let urls = parts.urls()?;
        let hosts = urls
            .iter()
            .map(|url| PgConnectOptions::from_str(url).map(configured))
            .collect::<Result<Vec<_>, _>>()
            .map_err(DatabaseError::Url)?;
        let must_be_writable = match parts.setting("target_session_attrs") {
            None | Some("any") => hosts.len() > 1,
            Some("read-write" | "primary") => true,
            Some(_) => return Err(DatabaseError::ReadOnlyWanted),
        };
        Ok(Self {
            hosts,
            must_be_writable,
        })
    }
}

/// What every connection has in its startup packet. `extra_float_digits` is not in it: `PgBouncer`
/// refuses a packet with settings that it does not know, and Postgres 12 and newer prints every
/// float exactly without it.
fn configured(options: PgConnectOptions) -> PgConnectOptions {
    without_tls_on_a_socket(options)
        .application_name("parlance")
        .extra_float_digits(None)
}

/// A Unix socket has no TLS, whatever `sslmode` and `PGSSLMODE` say: so libpq reads them (Postgres' manual,
/// 34.1.2, `sslmode`).
pub fn without_tls_on_a_socket(options: PgConnectOptions) -> PgConnectOptions {
    if options.get_socket().is_some() || options.get_host().starts_with('/') {
        return options.ssl_mode(PgSslMode::Disable);
    }
    options
}

fn is_known(setting: &str) -> bool {
    let is_option = setting == "options" || setting.starts_with("options[");
    is_option || OURS.contains(&setting) || OF_SQLX.contains(&setting)
}

/// Where a host is, for the operator: `db.example.com:5432`, or the path of a socket.
pub fn place(options: &PgConnectOptions) -> String {
    let port = options.get_port();
    match options.get_socket() {
        Some(folder) => format!("{}/.s.PGSQL.{port}", folder.display()),
        None if options.get_host().starts_with('/') => {
            format!("{}/.s.PGSQL.{port}", options.get_host())
        }
        None => format!("{}:{port}", options.get_host()),
    }
}

/// A URL taken apart, with nothing decoded.
struct Parts<'a> {
    scheme: &'a str,
    /// User and password with their `@`, or nothing.
    user: &'a str,
    hosts: &'a str,
    path: &'a str,
    settings: Vec<(&'a str, &'a str)>,
}

impl<'a> Parts<'a> {
    /// `None` for what is no URL of Postgres.
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        if !["postgres", "postgresql"].contains(&scheme) {
            return None;
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let settings = query.split('&').filter(|it| !it.is_empty());
        Some(Self {
            scheme,
            user,
            hosts,
            path,
            settings: settings
                .map(|it| it.split_once('=').unwrap_or((it, "")))
                .collect(),
        })
    }

    /// The last of this name, as libpq reads it.
    fn setting(&self, name: &str) -> Option<&'a str> {
        let mut settings = self.settings.iter().rev();
        settings
            .find(|(it, _)| *it == name)
            .map(|(_, value)| *value)
    }

    /// One URL for each host.
    fn urls(&self) -> Result<Vec<String>, DatabaseError> {
        let named = self.setting("host").map(commas);
        let hosts: Vec<&str> = self.hosts.split(',').collect();
        let count = named.as_ref().map_or(hosts.len(), Vec::len);
        let ports = self.setting("port").map(commas).unwrap_or_default();
        if ports.len() > 1 && ports.len() != count {
            return Err(DatabaseError::PortsAndHosts {
                hosts: count,
                ports: ports.len(),
            });
        }
        let url = |index: usize| {
            let authority = hosts.get(index).or(hosts.first()).unwrap_or(&"");
            let named = named.as_ref().and_then(|it| it.get(index));
            let port = ports.get(index).or(ports.first());
            self.url(authority, named, port)
        };
        Ok((0..count).map(url).collect())
    }

    fn url(&self, authority: &str, host: Option<&String>, port: Option<&String>) -> String {
        let settings = self
            .settings
            .iter()
            .filter(|(name, _)| is_known(name) && !OURS.contains(name));
        let mut query: Vec<_> = settings
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        query.extend(host.map(|host| format!("host={host}")));
        query.extend(port.map(|port| format!("port={port}")));
        // The form with a host in the query needs none before the path, but `url` wants one there.
        let authority = match authority {
            "" => "localhost",
            authority => authority,
        };
        let (scheme, user, path) = (self.scheme, self.user, self.path);
        let separator = if query.is_empty() { "" } else { "?" };
        format!(
            "{scheme}://{user}{authority}{path}{separator}{}",
            query.join("&")
        )
    }
}

/// The values of a list, of which the commas may be escaped.
fn commas(list: &str) -> Vec<String> {
    let list = list.replace("%2C", ",").replace("%2c", ",");
    list.split(',').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{Address, place};

    fn places(url: &str) -> Vec<String> {
        let address: Address = url.parse().unwrap();
        address.hosts.iter().map(place).collect()
    }

    #[test]
    fn one_host_is_read_in_all_its_forms() {
        assert_eq!(places("postgres://ada@db/chat"), ["db:5432"]);
        assert_eq!(
            places("postgresql://ada:p%40ss@[::1]:6000/chat"),
            ["[::1]:6000"]
        );
        for socket in [
            "postgres://ada@localhost:5433/chat?host=/run/pg",
            "postgres:///chat?host=%2Frun%2Fpg&port=5433",
            "postgres://ada@%2Frun%2Fpg:5433/chat",
        ] {
            assert_eq!(places(socket), ["/run/pg/.s.PGSQL.5433"], "{socket}");
        }
    }

    #[test]
    fn several_hosts_keep_their_order_and_everything_else() {
        let url = "postgres://ada:s%2Cecret@one:5433,two,[::1]:7/chat?sslmode=disable&target_session_attrs=read-write";
        assert_eq!(places(url), ["one:5433", "two:5432", "[::1]:7"]);
        let address: Address = url.parse().unwrap();
        assert!(address.must_be_writable);
        for host in &address.hosts {
            assert_eq!(host.get_username(), "ada");
            assert_eq!(host.get_database(), Some("chat"));
        }
        for url in [
            "postgres:///chat?host=one,two&port=5433,5434",
            "postgres://ada@/chat?host=one%2Ctwo&port=5433%2c5434",
        ] {
            assert_eq!(places(url), ["one:5433", "two:5434"], "{url}");
        }
        assert_eq!(
            places("postgres:///chat?host=one,two&port=6000"),
            ["one:6000", "two:6000"]
        );
    }

    #[test]
    fn a_socket_has_no_tls_and_unknown_settings_are_left_out() {
        use sqlx::postgres::PgSslMode::{Disable, VerifyFull};
        let mode = |url: &str| url.parse::<Address>().unwrap().hosts[0].get_ssl_mode();
        for socket in [
            "postgres://ada@localhost/chat?host=/run/pg&sslmode=require",
            "postgres://ada@%2Frun%2Fpg/chat?sslmode=verify-full",
        ] {
            assert!(matches!(mode(socket), Disable), "{socket}");
        }
        let url = "postgres://ada@db/chat?sslpassword=secret&sslmode=verify-full&schema=app";
        assert!(matches!(mode(url), VerifyFull));
        let parts = super::Parts::of(url).unwrap();
        assert_eq!(
            parts.urls().unwrap(),
            ["postgres://ada@db/chat?sslmode=verify-full"]
        );
    }

    #[test]
    fn a_server_that_writes_wants_a_host_that_takes_writes() {
        let must = |url: &str| url.parse::<Address>().unwrap().must_be_writable;
        assert!(!must("postgres://one/chat"));
        assert!(!must("postgres://one/chat?target_session_attrs=any"));
        assert!(must("postgres://one/chat?target_session_attrs=primary"));
        assert!(must("postgres://one,two/chat"));
        let standby = "postgres://one,two/chat?target_session_attrs=prefer-standby";
        let refused = standby.parse::<Address>().unwrap_err().to_string();
        assert!(refused.contains("read-write"), "{refused}");
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_secret() {
        for (url, word) in [
            ("mysql://ada:secret@db/chat", "postgres://"),
            ("secret", "postgres://"),
            ("host=db password=secret", "postgres://"),
            ("postgres://ada:secret@db:port/chat", "port"),
            ("postgres://ada:secret@db:99999/chat", "port"),
            (
                "postgres:///chat?password=secret&host=a,b,c&port=1,2",
                "3 hosts and 2 ports",
            ),
            ("postgres://ada:secret/rest@db/chat", "%2F"),
        ] {
            let refused = url.parse::<Address>().unwrap_err().to_string();
            assert!(refused.contains(word), "{url}: {refused}");
            assert!(!refused.contains("secret"), "{url}: {refused}");
        }
    }
}
