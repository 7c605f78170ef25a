//! Connects to a namespace without credentials, over and over on one connection.

use crate::{settings::Result, tally::Tally, target::Target};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

const CONNECTS: usize = 100;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let Some(mut socket) = target.stranger_socket(number).await? else {
        tally.add_refused("no WebSocket");
        return Ok(());
    };
    for _ in 0..CONNECTS {
        socket
            .send(Message::text(r#"40{"token":"nonsense"}"#))
            .await?;
    }
    while let Some(Ok(Message::Text(packet))) = socket.next().await {
        // Socket.IO's CONNECT and CONNECT_ERROR.
        match packet.get(..2) {
            Some("40") => tally.add_done(),
            Some("44") => tally.add_refused(&packet),
            _ => {}
        }
    }
    Ok(())
}
