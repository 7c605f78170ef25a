//! Aliases: variables under which other chats keep the same settings. They are used where ours are not
//! set.

use super::{contract_ports::ContractPorts, settings::Config};
use crate::origin::{OriginError, OriginList};

/// Variables of other chats for parts that Parlance does not have.
const UNUSED: [&str; 1] = ["MONGO_URI"];

/// An alias whose value cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {cause}")]
pub struct AliasError {
    name: &'static str,
    cause: OriginError,
}

impl Config {
    /// Fills settings that are not set from the aliases in the environment. Returns the
    /// settings, and notices for the operator.
    pub fn with_aliases(self) -> Result<(Self, Vec<String>), AliasError> {
        fill(self, |name| std::env::var(name).ok())
    }
}

/// The configuration with its gaps filled, and notices for the operator.
fn fill(
    mut config: Config,
    env: impl Fn(&str) -> Option<String>,
) -> Result<(Config, Vec<String>), AliasError> {
    let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let mut notices = Vec::new();

    // A compose file sets a variable that it leaves open to the empty text.
    config.database_url.take_if(|url| url.trim().is_empty());
    config.redis_url.take_if(|url| url.trim().is_empty());
    config.jwt_secret.take_if(|secret| secret.is_empty());
    config.apps_file.take_if(|path| path.as_os_str().is_empty());

    if config.allowed_origins().next().is_none() {
        config.allowed_origins = allowed_origins(&env)?;
    }
    if config.jwt_secret.is_none()
        && let Some(secret) = env("NEXT_PUBLIC_JWT_SECRET")
    {
        notices.push(
            "JWT_SECRET comes from NEXT_PUBLIC_JWT_SECRET: Next.js hands variables of that name \
             to every browser. Set JWT_SECRET to a secret."
                .to_owned(),
        );
        config.jwt_secret = Some(secret);
    }
    if config.database_url.is_none() {
        config.database_url = database_url(&env);
    }
    if config.redis_url.is_none() {
        config.redis_url = redis_url(&env);
    }
    if config.redis_url.is_some() && config.jwt_secret.is_none() {
        notices.push(
            "REDIS_URL is set and JWT_SECRET is not: servers that do not share DATA_DIR refuse \
             each other's tokens."
                .to_owned(),
        );
    }
    if config.contracts.is_none() {
        config.contracts = Some(contract_ports(&env, &mut notices));
    }
    for name in UNUSED.into_iter().filter(|name| env(name).is_some()) {
        notices.push(format!("{name} is set, and nothing here uses it."));
    }
    Ok((config, notices))
}

/// The origins of `FRONTEND_URL` and `CLIENT_URL`, which may have paths.
fn allowed_origins(env: &impl Fn(&str) -> Option<String>) -> Result<Vec<OriginList>, AliasError> {
    let aliases = ["FRONTEND_URL", "CLIENT_URL"].into_iter();
    let set = aliases.filter_map(|name| Some((name, env(name)?)));
    set.map(|(name, urls)| urls.parse().map_err(|cause| AliasError { name, cause }))
        .collect()
}

/// The default ports, or those in the variables of two contracts' own servers.
fn contract_ports(
    env: &impl Fn(&str) -> Option<String>,
    notices: &mut Vec<String>,
) -> ContractPorts {
    let mut ports = ContractPorts::default();
    for (alias, contract) in [("SOCKET_PORT", "groups"), ("CHAT_SERVER_PORT", "rooms")] {
        let Some(port) = env(alias) else { continue };
        match port.trim().parse() {
            Ok(port) => ports.set_port(contract, port),
            Err(_) => notices.push(format!("{alias} is no port, and is left aside.")),
        }
    }
    ports
}

/// A `DATABASE_URL` made of `DB_HOST`, `DB_PORT`, `DB_USERNAME`, `DB_PASSWORD` and `DB_NAME`.
fn database_url(env: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let host = env("DB_HOST")?;
    let port = env("DB_PORT").unwrap_or_else(|| "5432".to_owned());
    let user = env("DB_USERNAME").unwrap_or_else(|| "postgres".to_owned());
    let name = env("DB_NAME").unwrap_or_else(|| user.clone());
    let password = env("DB_PASSWORD").map_or_else(String::new, |it| format!(":{}", escape(&it)));
    Some(format!(
        "postgres://{}{password}@{host}:{port}/{}",
        escape(&user),
        escape(&name)
    ))
}

/// A `REDIS_URL` made of `REDIS_HOST`, `REDIS_PORT` and `REDIS_PASSWORD`.
fn redis_url(env: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let host = env("REDIS_HOST")?;
    let port = env("REDIS_PORT").unwrap_or_else(|| "6379".to_owned());
    let password =
        env("REDIS_PASSWORD").map_or_else(String::new, |it| format!(":{}@", escape(&it)));
    Some(format!("redis://{password}{host}:{port}"))
}

fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Config, fill};
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn filled(flags: &[&str], variables: &[(&str, &str)]) -> (Config, Vec<String>) {
        let flags = std::iter::once(&"parlance").chain(flags);
        let mut config = Flags::parse_from(flags).config;
        // The environment of the test run may set these.
        config.database_url = None;
        config.redis_url = None;
        fill(config, |name| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        })
        .unwrap()
    }

    fn origins(config: &Config) -> Vec<String> {
        config.allowed_origins().map(|it| it.to_string()).collect()
    }

    #[test]
    fn origins_come_from_the_names_of_others() {
        let (config, notices) = filled(
            &[],
            &[
                ("FRONTEND_URL", "http://localhost:5173/"),
                (
                    "CLIENT_URL",
                    "https://Chat.Example/app, https://*.example.org",
                ),
            ],
        );
        assert_eq!(
            origins(&config),
            [
                "http://localhost:5173",
                "https://chat.example",
                "https://*.example.org"
            ]
        );
        assert!(notices.is_empty());
    }

    #[test]
    fn an_alias_that_cannot_work_is_refused_by_its_name() {
        let config = Flags::parse_from(["parlance", "--allowed-origins="]).config;
        let refused = fill(config, |name| {
            (name == "CLIENT_URL").then(|| "localhost:5173".to_owned())
        });
        assert_eq!(
            refused.unwrap_err().to_string(),
            "CLIENT_URL: \"localhost:5173\" has no scheme: write http://localhost:5173"
        );
    }

    #[test]
    fn what_is_set_here_wins() {
        let (config, _) = filled(
            &[
                "--allowed-origins",
                "https://a.example",
                "--jwt-secret",
                "ours",
            ],
            &[
                ("FRONTEND_URL", "https://b.example"),
                ("NEXT_PUBLIC_JWT_SECRET", "theirs"),
            ],
        );
        assert_eq!(origins(&config), ["https://a.example"]);
        assert_eq!(config.jwt_secret.as_deref(), Some("ours"));
    }

    #[test]
    fn a_public_secret_is_taken_with_a_warning() {
        let (config, notices) = filled(
            &["--jwt-secret", ""],
            &[("NEXT_PUBLIC_JWT_SECRET", "secret")],
        );
        assert_eq!(config.jwt_secret.as_deref(), Some("secret"));
        assert!(notices[0].contains("NEXT_PUBLIC_JWT_SECRET"), "{notices:?}");
    }

    #[test]
    fn ports_come_from_the_variables_of_the_contracts() {
        let ports = |flags: &[&str], variables: &[(&str, &str)]| {
            let contracts = filled(flags, variables).0.contracts.unwrap().0;
            let found = contracts.iter().filter(|it| it.explicit);
            found.map(|it| it.port).collect::<Vec<_>>()
        };
        let variables = [("SOCKET_PORT", "9001"), ("CHAT_SERVER_PORT", "none")];
        assert_eq!(ports(&[], &variables), [Some(9001)]);
        assert_eq!(ports(&["--contracts=groups=7"], &variables), [Some(7)]);
    }

    #[test]
    fn a_redis_url_is_put_together() {
        let url = |variables: &[(&str, &str)]| filled(&[], variables).0.redis_url;
        assert_eq!(url(&[("REDIS_PORT", "1")]), None);
        assert_eq!(
            url(&[("REDIS_HOST", "cache")]).as_deref(),
            Some("redis://cache:6379")
        );
        let variables = [
            ("REDIS_HOST", "cache"),
            ("REDIS_PORT", "1"),
            ("REDIS_PASSWORD", "p@ss"),
        ];
        assert_eq!(url(&variables).as_deref(), Some("redis://:p%40ss@cache:1"));
    }

    #[test]
    fn a_database_url_is_put_together() {
        let (config, notices) = filled(
            &[],
            &[
                ("DB_HOST", "db"),
                ("DB_USERNAME", "chat"),
                ("DB_PASSWORD", "p@ss/word"),
                ("MONGO_URI", "x"),
            ],
        );
        assert_eq!(
            config.database_url.as_deref(),
            Some("postgres://chat:p%40ss%2Fword@db:5432/chat")
        );
        assert!(notices[0].contains("MONGO_URI"), "{notices:?}");
    }
}
