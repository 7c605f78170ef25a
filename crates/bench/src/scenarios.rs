//! The scenarios, by name; each prints its measurements and ratios.

mod door;
mod fanout;
mod growth;
mod history;
mod idle;
mod lone;
mod mix;
mod nodes;
mod reconnect;
mod send;
mod soak;
mod write;

use crate::{
    error::Result,
    options::{Name, Options},
};

const ALL: [Name; 9] = [
    Name::Write,
    Name::Send,
    Name::Fanout,
    Name::Door,
    Name::Idle,
    Name::Reconnect,
    Name::History,
    Name::Lone,
    Name::Mix,
];

pub async fn run(options: &Options) -> Result<()> {
    for name in &options.scenarios {
        match name {
            Name::All => {
                for name in ALL {
                    one(name, options).await?;
                }
            }
            name => one(*name, options).await?,
        }
    }
    Ok(())
}

async fn one(name: Name, options: &Options) -> Result<()> {
    match name {
        Name::All => Ok(()),
        Name::Write => write::run(options).await,
        Name::Send => send::run(options).await,
        Name::Door => door::run(options).await,
        Name::Fanout => fanout::run(options).await,
        Name::Idle => idle::run(options).await,
        Name::Reconnect => reconnect::run(options).await,
        Name::History => history::run(options).await,
        Name::Lone => lone::run(options).await,
        Name::Mix => mix::run(options).await,
        Name::Nodes => nodes::run(options).await,
        Name::Growth => growth::run(options).await,
        Name::Soak => soak::run(options).await,
        Name::Report => crate::report::run(),
    }
}
