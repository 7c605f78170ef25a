//! The configuration: each setting once, as an environment variable and as a flag.

mod aliases;
mod doors;
mod keys;

pub use doors::{DoorSetting, Doors};
pub use keys::KeysError;

use chat::{RateLimits, SubjectOrigin};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use std::{
    net::IpAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

/// Parlance, a team chat. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "parlance", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Config,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve pages, the API and sockets (what happens without a command)
    Serve(Box<Config>),
    /// Bring the database's schema up to date, and stop
    Migrate(Box<Config>),
}

const EXAMPLES: &str = "\
Every setting is an environment variable too, named in brackets; the flag wins.

Examples:
  parlance                        serve on http://127.0.0.1:8080, with a Postgres of its own in ./data
  parlance --demo                 the same, with people and history to look at
  DATABASE_URL=postgres://… parlance --host 0.0.0.0
  parlance migrate                bring the schema up to date without serving";

/// Everything that an operator can set.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env, default_value = "127.0.0.1")]
    pub host: String,

    /// Port to listen on; 0 takes any free one
    #[arg(long, env, default_value_t = 8080)]
    pub port: u16,

    /// Folder of generated secrets and of the private Postgres
    #[arg(long, env, default_value = "./data")]
    pub data_dir: PathBuf,

    /// Postgres to use; without one, a private Postgres runs below the data folder
    #[arg(long, env, hide_env_values = true)]
    pub database_url: Option<String>,

    /// Connections to Postgres at most
    #[arg(long, env, default_value_t = 20)]
    pub database_max_connections: u32,

    /// Redis that joins this server with others on the same Postgres; without one, it is alone
    #[arg(long, env, hide_env_values = true)]
    pub redis_url: Option<String>,

    /// Secret that signs access tokens (HS256), 32 bytes or more; generated once when not set
    #[arg(long, env, hide_env_values = true)]
    pub jwt_secret: Option<String>,

    /// RSA private key in PEM; with the public one, it signs access tokens (RS256)
    #[arg(long, env, requires = "public_key_path")]
    pub private_key_path: Option<PathBuf>,

    /// RSA public key in PEM
    #[arg(long, env, requires = "private_key_path")]
    pub public_key_path: Option<PathBuf>,

    /// Whose user ids the tokens carry that others signed with these keys
    #[arg(long, env, value_enum, default_value_t)]
    pub jwt_subjects: JwtSubjects,

    /// Contracts to serve, each with a port of its own if it is to have one; `off` for none
    /// [default: groups=8001,rooms=3003,direct=3010,conversations=3000,broadcast=5000]
    #[arg(long, env)]
    pub contracts: Option<Doors>,

    /// Other origins whose pages may call the API and open sockets, separated by commas
    #[arg(long, env, value_delimiter = ',')]
    pub allowed_origins: Vec<String>,

    /// Reverse proxies whose X-Forwarded-For and -Proto are believed: addresses or networks,
    /// separated by commas
    #[arg(long, env, value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// `off` lifts the limits of volume, for benchmarks; never those of signing in
    #[arg(long, env, value_enum, default_value_t)]
    pub rate_limit: Switch,

    /// Messages that a user may send at once
    #[arg(long, env, default_value = "100")]
    pub rate_limit_messages_burst: NonZeroU32,

    /// Messages per second of a user, after the burst
    #[arg(long, env, default_value = "10")]
    pub rate_limit_messages_per_second: NonZeroU32,

    /// Registrations per hour from one address
    #[arg(long, env, default_value = "10")]
    pub rate_limit_registrations_per_hour: NonZeroU32,

    /// Wrong passwords per account and address, within the window
    #[arg(long, env, default_value = "10")]
    pub rate_limit_wrong_passwords: NonZeroUsize,

    /// The window of wrong passwords, in minutes
    #[arg(long, env, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    pub rate_limit_wrong_passwords_minutes: u64,

    /// Requests to the API at once, from one address
    #[arg(long, env, default_value = "300")]
    pub rate_limit_requests_burst: NonZeroU32,

    /// Requests to the API per second from one address, after the burst
    #[arg(long, env, default_value = "50")]
    pub rate_limit_requests_per_second: NonZeroU32,

    /// Seconds until a request that is not answered is given up
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub request_timeout: u64,

    /// Seconds between a signal to stop, which readiness tells, and the last accepted connection
    #[arg(long, env, default_value_t = 0)]
    pub shutdown_delay: u64,

    /// Seconds that work in flight may take to finish, once stopping
    #[arg(long, env, default_value_t = 8)]
    pub shutdown_timeout: u64,

    /// What to log, as of tracing's filters: `info`, `server=debug`, …
    #[arg(long = "log", env = "RUST_LOG", default_value = "info")]
    pub log_filter: String,

    /// `text` for people, `json` for machines
    #[arg(long, env, value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Folder of the site's files; else `site` beside the program or its folder
    #[arg(long, env = "LEPTOS_SITE_ROOT")]
    pub site_root: Option<PathBuf>,

    /// Fill an empty database with people and history, and print their logins
    #[arg(long)]
    pub demo: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    #[default]
    On,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum JwtSubjects {
    /// Ids of Parlance; an unknown one is refused
    #[default]
    Ours,
    /// Another system's ids; a user is created on first sight
    Foreign,
}

impl Cli {
    pub fn into_command(self) -> Command {
        self.command
            .unwrap_or_else(|| Command::Serve(Box::new(self.serve)))
    }
}

impl Config {
    /// Fills what is not set from the names that other chats use, and says so.
    #[must_use]
    pub fn with_aliases(self) -> (Self, Vec<String>) {
        aliases::fill(self, |name| std::env::var(name).ok())
    }

    pub fn chat_settings(&self) -> Result<chat::Settings, KeysError> {
        Ok(chat::Settings {
            keys: self.keys()?,
            rate_limits: self.rate_limits(),
            timings: chat::Timings::default(),
        })
    }

    fn rate_limits(&self) -> RateLimits {
        RateLimits {
            volume: self.rate_limit == Switch::On,
            messages_burst: self.rate_limit_messages_burst,
            messages_per_second: self.rate_limit_messages_per_second,
            registrations_per_hour: self.rate_limit_registrations_per_hour,
            wrong_passwords: self.rate_limit_wrong_passwords.get(),
            wrong_passwords_window: Duration::from_mins(self.rate_limit_wrong_passwords_minutes),
        }
    }
}

impl From<JwtSubjects> for SubjectOrigin {
    fn from(subjects: JwtSubjects) -> Self {
        match subjects {
            JwtSubjects::Ours => Self::Local,
            JwtSubjects::Foreign => Self::External,
        }
    }
}

/// An address is a network of one.
fn parse_network(text: &str) -> Result<IpNet, ipnet::AddrParseError> {
    text.parse()
        .or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, Config};
    use clap::{CommandFactory, Parser};

    fn serve(arguments: &[&str]) -> Result<Config, clap::Error> {
        let arguments = std::iter::once(&"parlance").chain(arguments);
        match Cli::try_parse_from(arguments)?.into_command() {
            Command::Serve(config) => Ok(*config),
            Command::Migrate(_) => panic!("expected `serve`"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default_and_takes_the_same_flags() {
        assert_eq!(serve(&["--port", "1"]).unwrap().port, 1);
        assert_eq!(serve(&["serve", "--port", "1"]).unwrap().port, 1);
        let migrate = Cli::try_parse_from(["parlance", "migrate"]).unwrap();
        assert!(matches!(migrate.into_command(), Command::Migrate(_)));
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let config = serve(&["--trusted-proxies", "127.0.0.1,10.0.0.0/8,::1"]).unwrap();
        let networks: Vec<_> = config
            .trusted_proxies
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(networks, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
        assert!(serve(&["--trusted-proxies", "proxy"]).is_err());
    }

    #[test]
    fn half_a_key_pair_is_refused() {
        assert!(serve(&["--private-key-path", "private.pem"]).is_err());
    }
}
