//! Writes dumps of other chat servers, as their databases' tools do: `dumps <contract> <folder>`. For
//! measuring and testing `parlance import`.

mod mongo;
mod options;
mod row_file;
mod tables;
mod values;
mod world;

use clap::Parser;
use options::{Contract, Options};
use std::{io, process::ExitCode};
use world::World;

fn main() -> ExitCode {
    match write(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dumps: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(options: &Options) -> io::Result<()> {
    std::fs::create_dir_all(&options.folder)?;
    let world = World::new(options);
    match options.contract {
        Contract::Broadcast | Contract::Conversations => mongo::write(options, world),
        Contract::Groups | Contract::Rooms | Contract::Direct => tables::write(options, world),
    }
}
