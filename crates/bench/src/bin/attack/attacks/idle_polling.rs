//! Sockets over long polling that do not poll, while their conversation goes on.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, account_address},
};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

const SOCKETS: usize = 40;

/// The server notices a client that does not poll by its heartbeat, after 40 s.
const LIFETIME: Duration = Duration::from_secs(45);

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let (source, token) = (account_address(number), target.token(number)?);
    for _ in 0..SOCKETS {
        let Some(path) = http::open_session(target.api, source).await? else {
            tally.add_refused("no session");
            continue;
        };
        let connect = format!("40{}", json!({ "token": token }));
        let answer = http::send(target.api, source, &format!("POST {path}"), "", &connect).await?;
        tally.add_answer(&answer);
    }
    // What they are told waits for them.
    let message = json!({ "body": "x".repeat(9_000) });
    let path = format!("/api/v1/conversations/{}/messages", target.group);
    for _ in 0..LIFETIME.as_secs() {
        http::post_json(target.api, source, &path, Some(&token), &message).await?;
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
