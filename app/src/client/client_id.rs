//! The idempotency key of a message or a conversation.

use super::browser;

/// 104 random bits as 26 hexadecimal digits.
pub fn new_client_id() -> String {
    // `Math.random` has 52 random bits in each float.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bits = || (browser::random() * 4_503_599_627_370_496.0) as u64;
    format!("{:013x}{:013x}", bits(), bits())
}
