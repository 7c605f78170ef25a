//! Connects to a namespace without credentials, over and over on one connection.

use crate::{
    settings::Result,
    tally::Tally,
    target::{Target, endpoint, stranger_address},
};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::{client_async, tungstenite::Message};

const CONNECTS: usize = 100;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let stream = endpoint(target.api, stranger_address(number))
        .open()
        .await?;
    let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", target.api);
    let Ok((mut socket, _)) = client_async(url, stream).await else {
        tally.add_refused("no WebSocket");
        return Ok(());
    };
    for _ in 0..CONNECTS {
        socket
            .send(Message::text(r#"40{"token":"nonsense"}"#))
            .await?;
        tally.add_done();
    }
    while let Some(Ok(_)) = socket.next().await {}
    Ok(())
}
