//! Edits of one message in a large group, as fast as they are answered.

use crate::{settings::Result, tally::Tally, target::Target};
use bench::client::{Connection, Packet};
use serde_json::{Value, json};

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let mut socket = target.socket(number).await?;
    let message = send(&mut socket, target).await?;
    for id in 1.. {
        let edit = json!({ "id": message, "body": format!("{id} {}", "x".repeat(5_000)) });
        socket
            .emit_with_ack(id, "message:edit", &edit.to_string())
            .await?;
        let (is_ok, answer) = answer(&mut socket).await?;
        if is_ok {
            tally.add_done();
        } else {
            tally.add_refused(&answer);
        }
    }
    Ok(())
}

/// Sends a message to the large group; its id.
pub async fn send(socket: &mut Connection, target: &Target) -> Result<String> {
    let message = json!({ "conversationId": target.group, "body": "to be changed" });
    socket
        .emit_with_ack(0, "message:send", &message.to_string())
        .await?;
    let (_, answer) = answer(socket).await?;
    let parsed: Value = serde_json::from_str(&answer)?;
    let id = parsed.pointer("/message/id").and_then(Value::as_str);
    Ok(id.ok_or(answer.as_str())?.to_owned())
}

/// Waits for the next acknowledgement; whether it is one of success, and what it says.
pub async fn answer(socket: &mut Connection) -> Result<(bool, String)> {
    loop {
        if let Packet::Ack { payload, .. } = socket.next().await? {
            return Ok((payload.contains(r#""ok":true"#), payload.to_owned()));
        }
    }
}
