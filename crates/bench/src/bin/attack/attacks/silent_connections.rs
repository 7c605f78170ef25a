//! Connections that say nothing.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, stranger_address},
};
use std::{io, time::Duration};
use tokio::{io::AsyncReadExt, time::timeout};

/// Connections of one stranger at a time.
const CONNECTIONS: usize = 4;

const PATIENCE: Duration = Duration::from_mins(2);

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(http::connect(target.api, stranger_address(number)).await?);
        tally.add_done();
    }
    for mut stream in streams {
        match timeout(PATIENCE, stream.read_u8()).await? {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                tally.add_refused("closed");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
