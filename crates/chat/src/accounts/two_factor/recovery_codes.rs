//! Recovery codes: each stands in for the authenticator app once.

use crate::{Result, accounts::secrets::hash_secret};
use data_encoding::BASE32_NOPAD;
use model::UserId;
use sqlx::PgConnection;

/// Codes that a user gets at a time.
const COUNT: usize = 10;

/// Random bytes of a code, 80 bits: it is not guessed from its hash, however fast the hash is.
const BYTES: usize = 10;

/// Characters of a code in base32, without its hyphens.
const LENGTH: usize = 16;

/// Characters between two hyphens.
const GROUP: usize = 4;

/// Gives the user new codes in the place of all earlier ones. The user's factor must be there, and is held.
pub async fn replace(db: &mut PgConnection, user_id: UserId) -> Result<Vec<String>> {
    let codes: Vec<_> = (0..COUNT).map(|_| new_code()).collect();
    let hashes: Vec<_> = codes.iter().map(|code| hash(user_id, code)).collect();
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])",
        user_id.0,
        &hashes
    )
    .execute(db)
    .await?;
    Ok(codes.iter().map(|code| with_hyphens(code)).collect())
}

/// Uses a code, as it is without spaces and hyphens. Returns whether the user had it.
pub async fn spend(db: &mut PgConnection, user_id: UserId, code: &str) -> Result<bool> {
    let code = code.to_ascii_lowercase();
    if code.len() != LENGTH {
        return Ok(false);
    }
    let spent = sqlx::query!(
        "delete from recovery_codes where user_id = $1 and code_hash = $2",
        user_id.0,
        hash(user_id, &code)
    )
    .execute(db)
    .await?;
    Ok(spent.rows_affected() == 1)
}

fn new_code() -> String {
    let code = BASE32_NOPAD.encode(&rand::random::<[u8; BYTES]>());
    code.to_ascii_lowercase()
}

fn hash(user_id: UserId, code: &str) -> Vec<u8> {
    hash_secret(&format!("recovery code of {user_id}: {code}")).to_vec()
}

fn with_hyphens(code: &str) -> String {
    let groups: Vec<_> = (0..LENGTH)
        .step_by(GROUP)
        .map(|at| &code[at..at + GROUP])
        .collect();
    groups.join("-")
}
