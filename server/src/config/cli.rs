//! The command line: the commands and their settings.

use super::settings::Config;
use crate::{export::ExportOptions, import::ImportOptions};
use clap::{Args, Parser, Subcommand};

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
  parlance import groups ./dump   take the history of a chat server of the contract `groups`";

impl Cli {
    pub fn into_command(self) -> Command {
        self.command
            .unwrap_or_else(|| Command::Serve(Box::new(self.serve)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command};
    use crate::Config;
    use clap::{CommandFactory, Parser};

    fn serve(arguments: &[&str]) -> Result<Config, clap::Error> {
        let arguments = std::iter::once(&"parlance").chain(arguments);
        match Cli::try_parse_from(arguments)?.into_command() {
            Command::Serve(config) => Ok(*config),
            _ => panic!("expected `serve`"),
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
