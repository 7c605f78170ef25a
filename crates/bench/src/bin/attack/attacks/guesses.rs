//! Passwords of the same few accounts, from many networks.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, stranger_address},
};
use serde_json::json;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    let login = json!({
        "login": format!("person-{}", 1 + number % 20),
        "password": rand::random::<u64>().to_string(),
    });
    let source = stranger_address(number);
    let answer = http::post_json(target.api, source, "/api/v1/auth/login", None, &login).await?;
    tally.add_answer(&answer);
    Ok(())
}
