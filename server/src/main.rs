//! The program `parlance`: parses the configuration, starts the server, and shuts it down.

use chat::Chat;
use clap::Parser;
use embedded_postgres::Postgres;
use server::{Cli, Command, Config, export::ExportOptions, import::ImportOptions};
use std::{error::Error, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

/// Jemalloc returns memory to the system after thousands of sockets have left, which glibc's allocator
/// does not, and needs less for each of them.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The exit code of an import that has left rows.
const SOMETHING_LEFT: u8 = 3;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().into_command() {
        Command::Serve(config) => run(*config, serve).await,
        Command::Migrate(config) => run(*config, migrate).await,
        Command::Import(command) => {
            let options = command.options;
            run(command.config, async |config, url: &str| {
                import(config, url, &options).await
            })
            .await
        }
        Command::Export(command) => {
            let options = command.options;
            run(command.config, async |config, url: &str| {
                export(config, url, &options).await
            })
            .await
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("parlance: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs the command with the configured database, or with a private Postgres while it runs.
async fn run(
    config: Config,
    command: impl AsyncFnOnce(Config, &str) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let (config, notices) = config.with_aliases();
    server::telemetry::init(&config)?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    if let Some(url) = config.database_url.clone() {
        return command(config, &url).await;
    }
    let postgres = Postgres::start(&config.data_dir).await?;
    let result = command(config, &postgres.url()).await;
    let stopped = postgres.stop().await;
    let code = result?;
    stopped?;
    Ok(code)
}

async fn migrate(config: Config, url: &str) -> Result<ExitCode> {
    let pool = chat::database::connect(url, config.database_max_connections).await?;
    chat::database::migrate(&pool).await?;
    tracing::info!("the schema is up to date");
    pool.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn import(config: Config, url: &str, options: &ImportOptions) -> Result<ExitCode> {
    let pool = chat::database::connect(url, config.database_max_connections).await?;
    chat::database::migrate(&pool).await?;
    let chat = Chat::new(pool.clone(), config.chat_settings()?);
    let result = server::import::run(&chat, options).await;
    pool.close().await;
    Ok(if result? {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(SOMETHING_LEFT)
    })
}

async fn export(config: Config, url: &str, options: &ExportOptions) -> Result<ExitCode> {
    let pool = chat::database::connect(url, config.database_max_connections).await?;
    chat::database::migrate(&pool).await?;
    let chat = Chat::new(pool.clone(), config.chat_settings()?);
    let result = server::export::run(&chat, options).await;
    pool.close().await;
    result?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config, url: &str) -> Result<ExitCode> {
    // Before anything else, so that a signal during the start stops the server, too.
    let stop = stop_signal()?;
    let pool = chat::database::connect(url, config.database_max_connections).await?;
    chat::database::migrate(&pool).await?;
    let settings = config.chat_settings()?;
    let chat = match &config.redis_url {
        Some(url) => Chat::join(pool.clone(), settings, url)?,
        None => Chat::new(pool.clone(), settings),
    };
    let demo = config.demo;
    let servers = server::bind(config, chat.clone()).await?;
    if demo {
        server::demo::fill(&chat).await?;
        println!("{}", server::demo::logins(&chat).await);
    }
    tracing::info!("Parlance is at http://{}", servers.address());
    for (contract, address) in servers.contract_addresses() {
        tracing::info!("the contract {contract} is at http://{address}");
    }
    servers.run(stop).await?;
    pool.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// A future that ends with the first SIGINT or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    })
}
