//! New names for a group of 500, over REST.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, account_address},
};
use serde_json::json;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let token = target.token(0)?;
    let headers = format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n");
    let title = json!({ "title": format!("Named {}", rand::random::<u32>()) }).to_string();
    let request = format!("PATCH /api/v1/conversations/{}", target.group);
    let source = account_address(number);
    let answer = http::send(target.api, source, &request, &headers, &title).await?;
    tally.add_answer(&answer);
    Ok(())
}
