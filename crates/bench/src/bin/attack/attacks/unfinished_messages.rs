//! Messages before CONNECT that are announced, and of which the end never comes.

use crate::{settings::Result, tally::Tally, target::Target};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, time::timeout};

const MESSAGE_BYTES: u32 = 2_000_000;

const PATIENCE: Duration = Duration::from_mins(2);

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let Some(mut socket) = target.stranger_socket(number).await? else {
        tally.add_refused("no WebSocket");
        return Ok(());
    };
    // RFC 6455, 5.2: a final text frame, masked with zeros.
    let length = u64::from(MESSAGE_BYTES).to_be_bytes();
    let head = [&[0x81, 0xff][..], &length, &[0; 4]].concat();
    socket.get_mut().write_all(&head).await?;
    tally.add_done();
    let rest = vec![b'4'; MESSAGE_BYTES as usize - 1];
    socket.get_mut().write_all(&rest).await?;
    timeout(PATIENCE, async {
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await?;
    Ok(())
}
