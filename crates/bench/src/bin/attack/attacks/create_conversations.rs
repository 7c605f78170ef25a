//! Conversations with 500 members, at the door `conversations`.

use crate::{settings::Result, tally::Tally, target::Target};
use bench::client::Packet;
use serde_json::json;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let mut socket = target.door_socket(number).await?;
    for id in 0.. {
        let new =
            json!({ "type": "group", "name": format!("Group {id}"), "participants": target.crowd });
        socket
            .emit_with_ack(id, "createConversation", &new.to_string())
            .await?;
        loop {
            match socket.next().await? {
                Packet::Ack { payload, .. } if payload.contains(r#""success":true"#) => {
                    break tally.add_done();
                }
                Packet::Ack { payload, .. } => break tally.add_refused(payload),
                _ => {}
            }
        }
    }
    Ok(())
}
