//! Reactions that come and go in a large group.

use super::edits::{answer, send};
use crate::{settings::Result, tally::Tally, target::Target};
use serde_json::json;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let mut socket = target.socket(number).await?;
    let message = send(&mut socket, target).await?;
    let reaction = json!({ "messageId": message, "emoji": "👍" }).to_string();
    for id in 0.. {
        for event in ["reaction:add", "reaction:remove"] {
            socket.emit_with_ack(id, event, &reaction).await?;
            let (is_ok, answer) = answer(&mut socket).await?;
            if is_ok {
                tally.add_done();
            } else {
                tally.add_refused(&answer);
            }
        }
    }
    Ok(())
}
