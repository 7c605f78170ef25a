//! Sign-ins with names that nobody has: of 255 kB, and as long as they are looked at.

use crate::{
    http,
    settings::Result,
    tally::Tally,
    target::{Target, stranger_address},
};
use serde_json::json;

pub async fn strike(target: &Target, number: usize, tally: &Tally) -> Result<()> {
    for length in [255_000, 12_000] {
        let name = format!("{}{}", rand::random::<u64>(), "x".repeat(length));
        let login = json!({ "login": name, "password": "a guess" });
        let source = stranger_address(number);
        let answer =
            http::post_json(target.api, source, "/api/v1/auth/login", None, &login).await?;
        tally.add_answer(&answer);
    }
    Ok(())
}
