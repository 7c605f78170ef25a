//! The program `parlance`: parses the configuration, starts the server, and shuts it down.

use chat::Chat;
use embedded_postgres::{EmbeddedError, Postgres};
use model::UserRole;
use server::{
    AuditCommand, Cli, Command, Config, ExportCommand, ImportCommand, ImportUsers, InvitesCommand,
    MailCommand, NamedUser, Stop, UsersCommand,
    accounts_command::{self, Action},
    audit_command, personal_data_command,
    telemetry::LogOutput,
};
use std::{error::Error, process::ExitCode};

/// Jemalloc returns memory to the system after thousands of sockets have left, which glibc's allocator
/// does not, and needs less for each of them.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The exit code of an import that did not take everything.
const REJECTED: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::read().into_command() {
        Command::Serve(config) => Box::pin(run(*config, LogOutput::Stdout, serve)).await,
        Command::Migrate(config) => run(*config, LogOutput::Stdout, migrate).await,
        Command::Users(command) => Box::pin(users(command)).await,
        Command::Invites(command) => Box::pin(invites(command)).await,
        Command::Mail(MailCommand::Test(it)) => {
            Box::pin(with_accounts(it.config.clone(), async |chat| {
                Ok(accounts_command::test_mail(chat, &it.address).await?)
            }))
            .await
        }
        Command::Audit(command) => Box::pin(audit(command)).await,
        Command::Import(command) => Box::pin(import_history(*command)).await,
        Command::Export(command) => export_history(*command).await,
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("parlance: {error}");
            let mut told = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                // An error that only wraps another one says the same.
                if error.to_string() != told {
                    told = error.to_string();
                    eprintln!("  because {told}");
                }
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs the command with the configured database, or with a private Postgres while it runs: that of a server,
/// if one has it. A signal
/// ends what does not stop by itself, and the private Postgres in order.
async fn run(
    config: Config,
    log_output: LogOutput,
    command: impl AsyncFnOnce(Config, &str, &Stop) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let (config, notices) = config.with_aliases()?;
    server::telemetry::init(&config, log_output)?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    // Before anything else, so that a signal during the start stops the server, too.
    let stop = Stop::listen(config.shutdown_limit())?;
    if let Some(url) = config.database_url.clone() {
        return command(config, &url, &stop).await;
    }
    let postgres = tokio::select! {
        started = Postgres::start(&config.data_dir) => started,
        () = stop.requested() => return Ok(ExitCode::SUCCESS),
    };
    let postgres = match postgres {
        // A server that runs has it, and shares it with commands.
        Err(error @ EmbeddedError::InUse { .. }) if log_output == LogOutput::Stderr => {
            let url = embedded_postgres::running_url(&config.data_dir).ok_or(error)?;
            return command(config, &url, &stop).await;
        }
        started => started?,
    };
    let postmaster = postgres.postmaster();
    stop.before_exit(move || postmaster.stop_immediately());
    let result = command(config, &postgres.url(), &stop).await;
    postgres.stop_within(stop.remaining()).await;
    result
}

/// Runs work that knows nothing of signals, until the first one.
async fn until_stopped<T>(stop: &Stop, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = work => done,
        () = stop.requested() => Err("interrupted".into()),
    }
}

/// Ends with `REJECTED` if some entries were not taken.
async fn import_users(command: ImportUsers) -> Result<ExitCode> {
    let config = command.config.clone();
    with_chat(config, async |chat| {
        let imported = server::directory::import(chat, &command).await?;
        if command.dry_run {
            println!("This was a dry run: nothing was kept.");
        }
        print!("{imported}");
        Ok(match imported.rejected {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(REJECTED),
        })
    })
    .await
}

async fn users(command: UsersCommand) -> Result<ExitCode> {
    let member = Action::SetRole(UserRole::Member);
    match command {
        UsersCommand::Import(command) => Box::pin(import_users(*command)).await,
        UsersCommand::List(it) => {
            with_accounts(it.config.clone(), async |chat| {
                match &it.app {
                    Some(app) => server::directory::list(chat, app).await?,
                    None => accounts_command::list(chat, it.json).await?,
                }
                Ok(())
            })
            .await
        }
        UsersCommand::Create(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(accounts_command::create(chat, &it).await?)
            })
            .await
        }
        UsersCommand::Reset(it) => {
            with_accounts(it.config.clone(), async |chat| {
                let reset = accounts_command::reset(chat, &it.username, &it.printing, &it.config);
                Ok(reset.await?)
            })
            .await
        }
        UsersCommand::ResetTwoFactor(it) => change(&it, Action::ResetTwoFactor).await,
        UsersCommand::Promote(it) => change(&it, Action::SetRole(UserRole::Admin)).await,
        UsersCommand::Demote(it) => change(&it, member).await,
        UsersCommand::Block(it) => change(&it, Action::Block).await,
        UsersCommand::Unblock(it) => change(&it, Action::Unblock).await,
        UsersCommand::EndSessions(it) => change(&it, Action::EndSessions).await,
        UsersCommand::Delete(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(personal_data_command::delete(chat, &it).await?)
            })
            .await
        }
        UsersCommand::Export(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(personal_data_command::export(chat, &it).await?)
            })
            .await
        }
        UsersCommand::CheckDeletion(it) => {
            with_chat(it.config.clone(), async |chat| {
                let is_clean = personal_data_command::check_deletion(chat, &it).await?;
                Ok(if is_clean {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::from(REJECTED)
                })
            })
            .await
        }
    }
}

async fn change(command: &NamedUser, action: Action) -> Result<ExitCode> {
    with_accounts(command.config.clone(), async |chat| {
        Ok(accounts_command::change(chat, command, action).await?)
    })
    .await
}

async fn invites(command: InvitesCommand) -> Result<ExitCode> {
    match command {
        InvitesCommand::Create(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(accounts_command::invite(chat, &it).await?)
            })
            .await
        }
        InvitesCommand::List(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(accounts_command::list_invites(chat, it.json).await?)
            })
            .await
        }
        InvitesCommand::Revoke(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(accounts_command::revoke_invite(chat, it.id).await?)
            })
            .await
        }
    }
}

/// `verify` ends with `REJECTED` where the chain breaks.
async fn audit(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Verify(it) => {
            with_chat(it.config.clone(), async |chat| {
                Ok(if audit_command::verify(chat, &it).await? {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::from(REJECTED)
                })
            })
            .await
        }
        AuditCommand::List(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(audit_command::list(chat, &it).await?)
            })
            .await
        }
        AuditCommand::Export(it) => {
            with_accounts(it.config.clone(), async |chat| {
                Ok(audit_command::export(chat, &it).await?)
            })
            .await
        }
    }
}

async fn with_accounts(
    config: Config,
    command: impl AsyncFnOnce(&Chat) -> Result<()>,
) -> Result<ExitCode> {
    with_chat(config, async |chat| {
        command(chat).await?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Ends with `REJECTED` if some rows were left.
async fn import_history(command: ImportCommand) -> Result<ExitCode> {
    let options = command.options;
    let import = with_chat(command.config, async |chat| {
        Ok(if server::import::run(chat, &options).await? {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(REJECTED)
        })
    });
    Box::pin(import).await
}

async fn export_history(command: ExportCommand) -> Result<ExitCode> {
    let options = command.options;
    with_chat(command.config, async |chat| {
        server::export::run(chat, &options).await?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Runs a command of which the result is on standard output.
async fn with_chat(
    config: Config,
    command: impl AsyncFnOnce(&Chat) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let ran = run(config, LogOutput::Stderr, async |config, url, stop| {
        until_stopped(stop, async {
            let chat = open_chat(&config, url).await?;
            let result = command(&chat).await;
            chat.leave().await;
            chat.pool().close().await;
            result
        })
        .await
    });
    Box::pin(ran).await
}

/// A chat on the migrated database, which joins the other nodes if there are any.
async fn open_chat(config: &Config, url: &str) -> Result<Chat> {
    let pool = chat::database::connect(url, config.database_max_connections).await?;
    chat::database::migrate(&pool).await?;
    let mut settings = config.chat_settings()?;
    settings.uploads.store = config.file_store()?;
    let chat = match &config.redis_url {
        Some(url) => Chat::join(pool, settings, url)?,
        None => Chat::new(pool, settings),
    };
    Ok(chat)
}

async fn migrate(config: Config, url: &str, stop: &Stop) -> Result<ExitCode> {
    until_stopped(stop, async {
        let pool = chat::database::connect(url, config.database_max_connections).await?;
        chat::database::migrate(&pool).await?;
        tracing::info!("the schema is up to date");
        pool.close().await;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn serve(config: Config, url: &str, stop: &Stop) -> Result<ExitCode> {
    config.check_tokens()?;
    server::connections::open_files::raise_limit();
    let opening = async {
        config.check_files().await?;
        open_chat(&config, url).await
    };
    let chat = tokio::select! {
        chat = opening => chat?,
        () = stop.requested() => return Ok(ExitCode::SUCCESS),
    };
    let pool = chat.pool().clone();
    let demo = config.demo;
    let contracts = config.contract_names();
    let public_url = config.public_url.as_ref().map(ToString::to_string);
    let servers = server::bind(config, chat.clone()).await?;
    if demo {
        server::demo::fill(&chat).await?;
        println!("{}", server::demo::logins(&chat).await);
    }
    log_apps(&chat);
    if let Some(token) = chat.invite_first_administrator().await? {
        let address = servers.address();
        let own = || accounts_command::own_url(&address.ip().to_string(), address.port());
        let url = public_url.unwrap_or_else(own);
        println!(
            "There is no administrator yet. Whoever opens this link within 24 hours makes the account of the \
             first one:\n{url}/invite/{token}"
        );
    }
    tracing::info!("Parlance is at http://{}", servers.address());
    for (contract, address) in servers.contract_addresses() {
        tracing::info!("the contract {contract} is at http://{address}");
    }
    for contract in contracts {
        let main = servers.address();
        tracing::info!("the main address has {contract}, too: http://{main}/contracts/{contract}");
    }
    let requested = stop.clone();
    servers
        .run(async move { requested.requested().await })
        .await?;
    // Half of the time that is left, so that some is left for a private Postgres.
    if tokio::time::timeout(stop.remaining() / 2, pool.close())
        .await
        .is_err()
    {
        tracing::warn!("connections to the database are still in use");
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Logs whose tokens are taken where: an operator sees what the settings have come to.
fn log_apps(chat: &Chat) {
    for app in chat.app_configs() {
        let doors = app.doors.as_ref().map(|it| it.join(", "));
        tracing::info!(
            app = app.name,
            keys = ?app.keys,
            issuers = ?app.rules.issuers,
            audiences = ?app.rules.audiences,
            unknown_users = ?app.unknown_users,
            "tokens of the app {} are taken at the main address and at the contracts: {}",
            app.name,
            doors.as_deref().unwrap_or("all"),
        );
    }
    if !chat.has_apps() {
        tracing::info!("no app is configured: the ids in tokens are those of users here");
    }
}
