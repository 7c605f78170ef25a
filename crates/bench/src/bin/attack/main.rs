//! Hostile run: strangers and accounts attack a server while people chat, and the people's lot during
//! the attacks is compared with that before.

mod attack;
mod attacks;
mod http;
mod measure;
mod people;
mod report;
mod settings;
mod tally;
mod target;
mod test_bed;

use clap::Parser;
use measure::Memory;
use people::People;
use report::Report;
use settings::{Result, Settings};
use std::{process::ExitCode, sync::Arc};
use target::Target;
use test_bed::TestBed;
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
};

/// A tenth of the weight of the usual priority (sched(7)).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The people and the measuring are apart from the attackers, who have one thread of low priority:
/// what is measured shall be the server, and not how busy this program is on the same processors.
fn main() -> ExitCode {
    let settings = Settings::parse();
    let threads = |count, on_start: fn()| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let builder = builder.worker_threads(count).on_thread_start(on_start);
        builder.enable_all().build()
    };
    match (threads(1, lower_priority), threads(2, || ())) {
        (Ok(attackers), Ok(people)) => {
            let code = people.block_on(run_until_interrupted(&settings, attackers.handle()));
            attackers.shutdown_background();
            people.shutdown_background();
            code
        }
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("attack: no threads: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Linux has a priority for each thread; elsewhere the attackers take what they get.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS)
    {
        eprintln!("attack: the attackers have the usual priority: {error}");
    }
}

async fn run_until_interrupted(settings: &Settings, attackers: &Handle) -> ExitCode {
    let interrupted = async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt,
            _ = terminate.recv() => Ok(()),
        }
    };
    // On a signal `run` is dropped, and with it every process that it has started.
    tokio::select! {
        ran = run(settings, attackers) => match ran {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("attack: {error}");
                ExitCode::FAILURE
            }
        },
        _ = interrupted => ExitCode::FAILURE,
    }
}

/// Measures the people by themselves, then under all attacks. True when every promise was kept.
async fn run(settings: &Settings, attackers: &Handle) -> Result<bool> {
    let bed = TestBed::start(&settings.overrides).await?;
    let target = Arc::new(Target::prepare(&bed, settings.accounts).await?);
    let mut people = People::connect(&bed).await?;
    println!(
        "people chat by themselves for {} s",
        settings.warm_up().as_secs()
    );
    people.chat_for(settings.warm_up()).await;
    people.reset();
    people.chat_for(settings.before()).await;
    let before = people.reset();
    let memory = Memory::watch(bed.pid());
    let attackers = attacks::start(settings, &target, attackers);
    println!(
        "{} s of {} attacks",
        settings.during().as_secs(),
        attackers.len()
    );
    people.chat_for(settings.during()).await;
    let during = people.reset();
    let memory = memory.end().await;
    let counts = attackers.into_iter().map(attacks::Attacker::end).collect();
    let report = Report {
        before,
        during,
        memory,
        counts,
    };
    report.print();
    if !report.is_good() {
        println!("\nthe end of the server's log:\n{}", bed.log_tail());
    }
    Ok(report.is_good())
}
