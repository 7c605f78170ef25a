//! The command line: the commands and their settings.

use super::{
    audit_cli::AuditCommand,
    settings::Config,
    users_cli::{InvitesCommand, MailCommand, UsersCommand},
};
use crate::{export::ExportOptions, import::ImportOptions};
use clap::{
    Args, CommandFactory, FromArgMatches, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use std::ffi::OsStr;

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
    /// Users: make accounts and administrators, reset passwords, block, import those of an app
    #[command(subcommand)]
    Users(UsersCommand),
    /// Invitations: make, list and end them
    #[command(subcommand)]
    Invites(InvitesCommand),
    /// E-mail: see whether it works
    #[command(subcommand)]
    Mail(MailCommand),
    /// The audit log: verify that nothing is missing, print it
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Take the users and the history of another chat server from a dump, and stop
    ///
    /// Ends with 0 if every row was taken, with 3 if some were left, and with 1 if it failed. The
    /// same command again goes on where an interrupted one ended, and takes what is new.
    Import(Box<ImportCommand>),
    /// Write the history of an app in the form of another chat server, and stop
    Export(Box<ExportCommand>),
}

#[derive(Debug, Args)]
pub struct ExportCommand {
    #[command(flatten)]
    pub options: ExportOptions,
    #[command(flatten, next_help_heading = "Settings")]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct ImportCommand {
    #[command(flatten)]
    pub options: ImportOptions,
    #[command(flatten, next_help_heading = "Settings")]
    pub config: Config,
}

const EXAMPLES: &str = "\
Every setting is an environment variable too, named in brackets; the flag wins.

Examples:
  parlance                        serve on http://127.0.0.1:8080, with a Postgres of its own in ./data
  parlance --demo                 the same, with people and history to look at
  DATABASE_URL=postgres://… parlance --host 0.0.0.0
  parlance migrate                bring the schema up to date without serving
  parlance users import app u.csv take the users of an app from its directory
  parlance users create ada --admin  make an account of an administrator
  parlance users reset ada        print a link with which ada chooses another password
  parlance invites create         print a link with which somebody makes an account
  parlance mail test ada@example.org  send a mail, to see whether SMTP_URL works
  parlance import groups ./dump   take the history of a chat server of the contract `groups`";

impl Cli {
    /// The command line of this process. An empty variable of the environment counts as absent: compose
    /// files hand on what is not set as the empty text.
    pub fn read() -> Self {
        let is_empty = |name: &OsStr| {
            std::env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
        };
        let command = without_variables(Self::command(), &is_empty);
        let matches = command.clone().try_get_matches();
        let matches = matches.unwrap_or_else(|error| without_secret(error, command).exit());
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    pub fn into_command(self) -> Command {
        self.command
            .unwrap_or_else(|| Command::Serve(Box::new(self.serve)))
    }
}

/// The command, with the variables left aside that the predicate names.
fn without_variables(command: clap::Command, is_left: &dyn Fn(&OsStr) -> bool) -> clap::Command {
    command
        .mut_args(|arg| {
            if arg.get_env().is_some_and(is_left) {
                arg.env(None::<&'static str>)
            } else {
                arg
            }
        })
        .mut_subcommands(|command| without_variables(command, is_left))
}

/// The error, without the value where it is a secret, or has one: it may come from a variable, and go to a log.
fn without_secret(mut error: clap::Error, mut command: clap::Command) -> clap::Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    // Only then an argument prints as it does in an error.
    command.build();
    let mut arguments = command.get_arguments();
    if arguments.any(|it| it.is_hide_env_values_set() && it.to_string() == *argument) {
        let hidden = ContextValue::String("…".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, without_secret, without_variables};
    use crate::{Config, UsersCommand};
    use clap::{CommandFactory, Parser};

    fn serve(arguments: &[&str]) -> Result<Config, clap::Error> {
        let arguments = std::iter::once(&"parlance").chain(arguments);
        match Cli::try_parse_from(arguments)?.into_command() {
            Command::Serve(config) => Ok(*config),
            other => panic!("expected `serve`, got {other:?}"),
        }
    }

    #[test]
    fn an_error_does_not_print_a_secret() {
        let url = "smtp://chat:opensesame@10.1.2.3?tls=none";
        let of_server = [
            "--mail-from=chat@example.org",
            "--public-url=https://example.org",
        ];
        for command in [
            &["parlance"][..],
            &["parlance", "mail", "test", "a@example.org"],
        ] {
            let arguments = command.iter().copied().chain(of_server);
            let arguments = arguments.chain(["--smtp-url", url]);
            let error = Cli::try_parse_from(arguments).unwrap_err();
            let error = without_secret(error, Cli::command()).to_string();
            assert!(!error.contains("opensesame"), "{error}");
            assert!(error.contains("without encryption"), "{error}");
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
    fn an_import_names_a_contract_and_a_source() {
        let arguments = [
            "parlance",
            "import",
            "groups",
            "./dump",
            "--database-url",
            "postgres://a/b",
        ];
        let Command::Import(import) = Cli::try_parse_from(arguments).unwrap().into_command() else {
            panic!("expected `import`");
        };
        assert_eq!(import.options.source, "./dump");
        assert_eq!(
            import.config.database_url.as_deref(),
            Some("postgres://a/b")
        );
        for bad in [
            &["nobody", "./dump"][..],
            &["groups"],
            &["groups", ".", "--batch", "0"],
        ] {
            let arguments = ["parlance", "import"].iter().chain(bad);
            assert!(Cli::try_parse_from(arguments).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn users_are_imported_into_an_app() {
        let parse = |arguments: &[&str]| {
            let arguments = ["parlance", "users"].iter().chain(arguments);
            Cli::try_parse_from(arguments).map(Cli::into_command)
        };
        let import = parse(&["import", "shop", "-", "--dry-run", "--end-missing", "--yes"]);
        let Command::Users(UsersCommand::Import(import)) = import.unwrap() else {
            panic!("expected `users import`");
        };
        assert!(import.app == "shop" && import.dry_run && import.end_missing && import.yes);
        for wrong in [
            &["import", "shop"][..],
            &["import", "shop", "-", "--yes"],
            &["promote"],
            &["reset"],
            &[],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
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
    fn an_origin_that_cannot_work_is_refused_with_its_spelling() {
        let config = serve(&["--allowed-origins", "https://A.example/, *"]).unwrap();
        let origins: Vec<_> = config.allowed_origins().map(|it| it.to_string()).collect();
        assert_eq!(origins, ["https://a.example", "*"]);
        let refused = serve(&["--allowed-origins", "localhost:3000"]).unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains("--allowed-origins"), "{refused}");
        assert!(refused.contains("write http://localhost:3000"), "{refused}");
    }

    /// The image sets the first four, and its own log format; the address of Postgres is that of the
    /// service beside it.
    #[test]
    fn every_setting_is_documented_and_handed_on_by_compose() {
        const OF_THE_IMAGE: [&str; 6] = [
            "HOST",
            "PORT",
            "DATA_DIR",
            "LOG_FORMAT",
            "LEPTOS_SITE_ROOT",
            "DATABASE_URL",
        ];
        let readme = include_str!("../../../README.md");
        let example = include_str!("../../../.env.example");
        let compose = include_str!("../../../compose.yaml");
        let command = Cli::command();
        let settings = command
            .get_arguments()
            .filter_map(|it| it.get_env()?.to_str());
        let settings: Vec<_> = settings.collect();
        assert!(settings.len() > 30, "{settings:?}");
        for name in settings {
            assert!(readme.contains(&format!("`{name}`")), "README.md: {name}");
            let is_compose =
                OF_THE_IMAGE.contains(&name) || compose.contains(&format!("      {name}:\n"));
            assert!(is_compose, "compose.yaml: {name}");
            let lines = example.lines().map(|line| line.trim_start_matches('#'));
            let is_example = name == "LEPTOS_SITE_ROOT"
                || lines
                    .clone()
                    .any(|line| line.starts_with(&format!("{name}=")));
            assert!(is_example, ".env.example: {name}");
        }
    }

    #[test]
    fn a_variable_that_is_left_aside_is_left_aside_in_every_command() {
        let command = without_variables(Cli::command(), &|name| name != "PORT");
        let variables = |command: &clap::Command| -> Vec<_> {
            let named = command.get_arguments().filter_map(clap::Arg::get_env);
            named.map(ToOwned::to_owned).collect()
        };
        assert_eq!(variables(&command), ["PORT"]);
        let migrate = command.find_subcommand("migrate").unwrap();
        assert_eq!(variables(migrate), ["PORT"]);
        let users = command.find_subcommand("users").unwrap();
        let import = users.find_subcommand("import").unwrap();
        assert_eq!(variables(import), ["PORT"]);
    }

    #[test]
    fn no_connections_to_the_database_are_refused() {
        for refused in ["0", "many", ""] {
            let refused = serve(&["--database-max-connections", refused]).unwrap_err();
            let refused = refused.to_string();
            assert!(refused.contains("--database-max-connections"), "{refused}");
        }
        let config = serve(&["--database-max-connections", "1"]).unwrap();
        assert_eq!(config.database_max_connections, 1);
    }

    #[test]
    fn mails_need_a_sender_and_the_address_of_the_server() {
        let smtp = "--smtp-url=smtp://ada:sesame@mail.example.org";
        let rest = [
            "--mail-from=Parlance <chat@example.org>",
            "--public-url=https://chat.example.org",
        ];
        assert!(serve(&[smtp, rest[0]]).is_err() && serve(&[smtp, rest[1]]).is_err());
        let config = serve(&[smtp, rest[0], rest[1]]).unwrap();
        assert!(!format!("{config:?}").contains("sesame"));
        let refused = serve(&["--smtp-url=smtp://ada:hidden@", rest[0], rest[1]]);
        assert!(refused.is_err());
    }

    #[test]
    fn half_a_key_pair_is_refused() {
        assert!(serve(&["--private-key-path", "private.pem"]).is_err());
    }
}
