//! Groups with people who did not ask, one after the other.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, account_address},
};
use serde_json::json;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let token = target.token(number)?;
    for victim in target.crowd.iter().take(10) {
        let new = json!({ "kind": "group", "title": "You have won", "memberIds": [victim] });
        let source = account_address(number);
        let answer = http::post_json(
            target.api,
            source,
            "/api/v1/conversations",
            Some(&token),
            &new,
        )
        .await?;
        tally.add_answer(&answer);
    }
    Ok(())
}
