//! The settings: each is an environment variable and a flag. The section "A setting" of
//! `docs/development.md` lists the files that a new one touches.

use super::{contract_ports::ContractPorts, files::FileSettings};
use crate::{
    envelope::ProxyHeaders,
    origin::{AllowedOrigin, OriginList},
};
use chat::{
    AdminClaim, EmailDomain, KeySetAddress, PresenceAudience, PublicUrl, RateLimits, Registration,
    RegistrationRules, RequiredOf, Sender, SmtpAddress, TwoFactorRules, UnknownUsers,
};
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use serde::Deserialize;
use std::{
    net::IpAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

/// Seconds of the longest leeway: more would make the claims meaningless.
pub(super) const MAX_LEEWAY: i64 = 600;

/// Days of the longest session: a hundred years.
const MAX_SESSION_DAYS: i64 = 36_500;

/// Days of the longest time without a code: browsers keep no cookie longer than 400 days (RFC 6265bis, 5.5).
const MAX_REMEMBER_DAYS: i64 = 365;

/// Everything that an operator can set.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env, default_value = "127.0.0.1")]
    pub host: String,

    /// Port to listen on; 0 takes any free one
    #[arg(long, env, default_value_t = 8080)]
    pub port: u16,

    /// Folder of generated secrets, of files, and of the private Postgres
    #[arg(long, env, default_value = "./data")]
    pub data_dir: PathBuf,

    /// Postgres to use; without one, a private Postgres runs below the data folder
    #[arg(long, env, hide_env_values = true)]
    pub database_url: Option<String>,

    /// Connections to Postgres at most, 1 or more
    #[arg(long, env, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub database_max_connections: u32,

    /// Redis that joins this server with others on the same Postgres; without one, it is alone
    #[arg(long, env, hide_env_values = true)]
    pub redis_url: Option<String>,

    /// Secret that signs access tokens (HS256), 32 bytes or more; generated once when not set
    #[arg(long, env, hide_env_values = true)]
    pub jwt_secret: Option<String>,

    /// `on` takes a secret of less than 32 bytes, where another system signs with it and cannot change it
    #[arg(long, env, value_enum, default_value = "off")]
    pub allow_short_secret: Switch,

    /// RSA private key in PEM; with the public one, it signs access tokens (RS256)
    #[arg(long, env, requires = "public_key_path")]
    pub private_key_path: Option<PathBuf>,

    /// RSA public key in PEM
    #[arg(long, env, requires = "private_key_path")]
    pub public_key_path: Option<PathBuf>,

    /// Whose user ids the tokens carry that others signed with these keys
    #[arg(long, env, value_enum, default_value_t)]
    pub jwt_subjects: JwtSubjects,

    /// TOML file of apps: other systems, each with its own keys, claims and doors
    #[arg(long, env)]
    pub apps_file: Option<PathBuf>,

    /// Name of the app whose ids the tokens carry, where these are foreign
    #[arg(long, env, default_value = chat::DEFAULT_APP)]
    pub app_name: String,

    /// Address of a set of public keys (JWKS) that verify such tokens, too
    #[arg(long, env)]
    pub jwt_jwks_url: Option<KeySetAddress>,

    /// Issuers (`iss`) of which such tokens must have one, separated by commas; unset, any
    #[arg(long, env, value_delimiter = ',')]
    pub jwt_issuer: Vec<String>,

    /// Audiences (`aud`) of which such tokens must have one, separated by commas; unset, any
    #[arg(long, env, value_delimiter = ',')]
    pub jwt_audience: Vec<String>,

    /// Claim that makes an administrator, as `role=admin`
    #[arg(long, env)]
    pub jwt_admin_claim: Option<AdminClaim>,

    /// `off` accepts such tokens without `exp`, which are then valid for ever
    #[arg(long, env, value_enum, default_value_t)]
    pub jwt_require_exp: Switch,

    /// Seconds that `nbf` and `iat` of such tokens may be in the future
    #[arg(long, env, default_value_t = 60, value_parser = clap::value_parser!(u32).range(..=MAX_LEEWAY))]
    pub jwt_leeway: u32,

    /// What happens when the app names a user whom nobody has seen yet
    #[arg(long, env, value_enum, default_value_t)]
    pub unknown_users: UnknownUsersSetting,

    /// Contracts to serve, each with a port of its own if it is to have one; `off` for none
    /// [default: groups=8001,rooms=3003,direct=3010,conversations=3000,broadcast=5000]
    #[arg(long, env)]
    pub contracts: Option<ContractPorts>,

    /// Other origins whose pages may call the API and open sockets, separated by commas:
    /// `https://app.example.com`, `https://*.example.com`, `http://localhost:*`; with `*` all, with
    /// `null` files and sandboxes, both by token only
    #[arg(long, env)]
    pub allowed_origins: Vec<OriginList>,

    /// Reverse proxies that are believed what they say of the client: addresses or networks, separated
    /// by commas
    #[arg(long, env, value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// The headers in which they say it
    #[arg(long, env, value_enum, default_value_t)]
    pub proxy_headers: ProxyHeaders,

    /// `off` lifts the limits of volume, for benchmarks; never those of signing in
    #[arg(long, env, value_enum, default_value_t)]
    pub rate_limit: Switch,

    /// People whom a user's messages and changes may be told to at once: one message in a channel of a
    /// thousand tells a thousand
    #[arg(long, env, default_value = "100000")]
    pub rate_limit_people_told_burst: NonZeroU32,

    /// People per second whom they may be told to, after the burst
    #[arg(long, env, default_value = "5000")]
    pub rate_limit_people_told_per_second: NonZeroU32,

    /// Bytes that a user's messages and changes may bring at once to each of those people
    #[arg(long, env, default_value = "524288")]
    pub rate_limit_bytes_told_burst: NonZeroU32,

    /// Bytes per second that they may bring to each, after the burst
    #[arg(long, env, default_value = "262144")]
    pub rate_limit_bytes_told_per_second: NonZeroU32,

    /// Groups and channels with others that a user may begin at once
    #[arg(long, env, default_value = "50")]
    pub rate_limit_conversations_burst: NonZeroU32,

    /// Such groups and channels per minute, after the burst
    #[arg(long, env, default_value = "10")]
    pub rate_limit_conversations_per_minute: NonZeroU32,

    /// Messages that a user may send at once
    #[arg(long, env, default_value = "100")]
    pub rate_limit_messages_burst: NonZeroU32,

    /// Messages per second of a user, after the burst
    #[arg(long, env, default_value = "10")]
    pub rate_limit_messages_per_second: NonZeroU32,

    /// Registrations per hour from one network: an IPv4 address, or a /64 of IPv6
    #[arg(long, env, default_value = "10")]
    pub rate_limit_registrations_per_hour: NonZeroU32,

    /// Wrong passwords per account and network, within the window
    #[arg(long, env, default_value = "10")]
    pub rate_limit_wrong_passwords: NonZeroUsize,

    /// Wrong passwords per network, over all accounts, within the window
    #[arg(long, env, default_value = "100")]
    pub rate_limit_wrong_passwords_per_network: NonZeroUsize,

    /// Wrong passwords per account, over all networks, within the window; who has signed in from
    /// there before is not refused
    #[arg(long, env, default_value = "100")]
    pub rate_limit_wrong_passwords_per_account: NonZeroUsize,

    /// The window of wrong passwords, in minutes
    #[arg(long, env, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    pub rate_limit_wrong_passwords_minutes: u64,

    /// Requests to the API at once, from one network
    #[arg(long, env, default_value = "300")]
    pub rate_limit_requests_burst: NonZeroU32,

    /// Requests to the API per second from one network, after the burst
    #[arg(long, env, default_value = "50")]
    pub rate_limit_requests_per_second: NonZeroU32,

    /// New Socket.IO connections at once, from one network: an IPv4 address, or a /64 of IPv6
    #[arg(long, env, default_value = "500")]
    pub rate_limit_handshakes_burst: NonZeroU32,

    /// New Socket.IO connections per second from one network, after the burst
    #[arg(long, env, default_value = "50")]
    pub rate_limit_handshakes_per_second: NonZeroU32,

    /// Connections of clients at once; unset, as many as the limit of open files leaves
    #[arg(long, env)]
    pub max_connections: Option<NonZeroUsize>,

    /// Connections at once from one network: an IPv4 address, or a /64 of IPv6
    #[arg(long, env, default_value = "2000")]
    pub max_connections_per_network: NonZeroUsize,

    /// Who sees who is online: `contacts`, with whom a user shares a conversation of at most 200
    /// members, or `everyone`
    #[arg(long, env, value_enum, default_value_t)]
    pub presence_audience: AudienceOfPresence,

    /// Who may make an account: everybody, those with an invitation, or nobody but by an administrator
    #[arg(long, env, value_enum, default_value_t)]
    pub registration: RegistrationSetting,

    /// Hosts of which the e-mail address of those must be who register without an invitation, separated by commas;
    /// unset, any. Where e-mails are sent, they prove by one that the address is theirs
    #[arg(long, env, value_delimiter = ',')]
    pub registration_domains: Vec<EmailDomain>,

    /// Address at which people reach this server, such as `https://chat.example.org`; single sign-on and e-mails need it
    #[arg(long, env)]
    pub public_url: Option<PublicUrl>,

    /// `off` takes no passwords: people sign in with a provider of single sign-on
    #[arg(long, env, value_enum, default_value_t)]
    pub password_sign_in: Switch,

    /// Who of those with a password has to have a second factor; who has none sets it up before anything else
    #[arg(long, env, value_enum, default_value_t)]
    pub require_two_factor: RequireTwoFactor,

    /// Days for which a browser may be remembered in which a code was shown; 0 remembers none
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u32).range(..=MAX_REMEMBER_DAYS))]
    pub remember_device_days: u32,

    /// Issuer of a provider of single sign-on (OpenID Connect); several are in `SSO_FILE`
    #[arg(long, env)]
    pub oidc_issuer: Option<String>,

    /// What this server is called there
    #[arg(long, env)]
    pub oidc_client_id: Option<String>,

    /// Its secret there; none for a public client
    #[arg(long, env, hide_env_values = true)]
    pub oidc_client_secret: Option<String>,

    /// File that has the secret
    #[arg(long, env)]
    pub oidc_client_secret_file: Option<PathBuf>,

    /// What people call the provider, on the button: "Sign in with …"
    #[arg(long, env)]
    pub oidc_label: Option<String>,

    /// TOML file of several providers, with what their groups give
    #[arg(long, env)]
    pub sso_file: Option<PathBuf>,

    /// Mail server that takes e-mails: `smtps://user:password@mail.example.org`, or `smtp://` with STARTTLS; unset, none
    /// are sent
    #[arg(long, env, hide_env_values = true, requires_all = ["mail_from", "public_url"])]
    pub smtp_url: Option<SmtpAddress>,

    /// Sender of e-mails: `Parlance <chat@example.org>`
    #[arg(long, env)]
    pub mail_from: Option<Sender>,

    /// Days after which a session ends that nobody uses
    #[arg(long, env, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=MAX_SESSION_DAYS))]
    pub session_idle_days: u32,

    /// Days after which a session ends in any case; unset, none does while it is used
    #[arg(long, env, value_parser = clap::value_parser!(u32).range(1..=MAX_SESSION_DAYS))]
    pub session_max_days: Option<u32>,

    /// Days for which entries of the audit log are kept; 0 keeps them for good
    #[arg(long, env, default_value_t = 365, value_parser = clap::value_parser!(u32).range(0..=MAX_SESSION_DAYS))]
    pub audit_log_days: u32,

    #[command(flatten)]
    pub files: FileSettings,

    /// `off` fetches no pages to preview the links of messages: then this server asks no other host for what users name
    #[arg(long, env, value_enum, default_value_t)]
    pub link_previews: Switch,

    /// Seconds until a request that is not answered is given up
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub request_timeout: u64,

    /// Seconds until a connection that has sent no whole head of a request is closed
    #[arg(long, env, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    pub head_timeout: u64,

    /// Seconds that a connection may stay open between two requests; more than the proxy's
    #[arg(long, env, default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..))]
    pub idle_timeout: u64,

    /// Seconds between a signal to stop, which readiness tells, and the last accepted connection
    #[arg(long, env, default_value_t = 0)]
    pub shutdown_delay: u64,

    /// Seconds that stopping may take, after that delay: three quarters of them for work in flight
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
pub enum AudienceOfPresence {
    #[default]
    Contacts,
    Everyone,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RegistrationSetting {
    #[default]
    Open,
    Invitation,
    Closed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RequireTwoFactor {
    #[default]
    Off,
    Admins,
    Everybody,
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownUsersSetting {
    /// They become a placeholder, which their first token takes over
    #[default]
    Accept,
    /// There is no such user
    Refuse,
}

impl Config {
    /// The contracts that are served.
    pub fn contract_names(&self) -> Vec<&'static str> {
        let contracts = self.contracts.clone().unwrap_or_default();
        contracts.0.iter().map(|it| it.name).collect()
    }

    pub fn allowed_origins(&self) -> impl Iterator<Item = AllowedOrigin> {
        let lists = self.allowed_origins.iter();
        lists.flat_map(|list| &list.0).cloned()
    }

    /// From the signal to stop to the end of the process, at the latest.
    pub fn shutdown_limit(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay) + Duration::from_secs(self.shutdown_timeout)
    }

    pub(super) fn registration_rules(&self) -> RegistrationRules {
        RegistrationRules {
            registration: match self.registration {
                RegistrationSetting::Open => Registration::Open,
                RegistrationSetting::Invitation => Registration::Invitation,
                RegistrationSetting::Closed => Registration::Closed,
            },
            domains: self.registration_domains.clone(),
        }
    }

    pub(super) fn two_factor_rules(&self) -> TwoFactorRules {
        TwoFactorRules {
            required_of: match self.require_two_factor {
                RequireTwoFactor::Off => RequiredOf::Nobody,
                RequireTwoFactor::Admins => RequiredOf::Admins,
                RequireTwoFactor::Everybody => RequiredOf::Everybody,
            },
            remember_days: self.remember_device_days,
        }
    }

    pub(super) fn rate_limits(&self) -> RateLimits {
        RateLimits {
            volume: self.rate_limit == Switch::On,
            messages_burst: self.rate_limit_messages_burst,
            messages_per_second: self.rate_limit_messages_per_second,
            people_told_burst: self.rate_limit_people_told_burst,
            people_told_per_second: self.rate_limit_people_told_per_second,
            bytes_told_burst: self.rate_limit_bytes_told_burst,
            bytes_told_per_second: self.rate_limit_bytes_told_per_second,
            conversations_burst: self.rate_limit_conversations_burst,
            conversations_per_minute: self.rate_limit_conversations_per_minute,
            registrations_per_hour: self.rate_limit_registrations_per_hour,
            wrong_passwords: self.rate_limit_wrong_passwords.get(),
            wrong_passwords_per_network: self.rate_limit_wrong_passwords_per_network.get(),
            wrong_passwords_per_account: self.rate_limit_wrong_passwords_per_account.get(),
            wrong_passwords_window: Duration::from_mins(self.rate_limit_wrong_passwords_minutes),
        }
    }
}

impl From<AudienceOfPresence> for PresenceAudience {
    fn from(audience: AudienceOfPresence) -> Self {
        match audience {
            AudienceOfPresence::Contacts => Self::Contacts,
            AudienceOfPresence::Everyone => Self::Everyone,
        }
    }
}

impl From<UnknownUsersSetting> for UnknownUsers {
    fn from(setting: UnknownUsersSetting) -> Self {
        match setting {
            UnknownUsersSetting::Accept => Self::Accept,
            UnknownUsersSetting::Refuse => Self::Refuse,
        }
    }
}

/// A network, or an address as a network of one.
fn parse_network(text: &str) -> Result<IpNet, ipnet::AddrParseError> {
    text.parse()
        .or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
}
