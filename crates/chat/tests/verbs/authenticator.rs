//! An authenticator app: RFC 6238 once more, for tests.

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use std::time::{SystemTime, UNIX_EPOCH};

/// The code of a secret now, or so many steps of 30 s later. Tests take 0 and 1, which are good also where a step ends
/// meanwhile.
pub fn code(secret: &str, steps: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let step = i64::try_from(now.as_secs() / 30).unwrap() + steps;
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] % 16);
    let bytes: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
    let number = u32::from_be_bytes(bytes) % (1 << 31);
    format!("{:06}", number % 1_000_000)
}

/// Six digits that are no code of a secret now or soon.
pub fn wrong_code(secret: &str) -> String {
    let good: Vec<_> = (-2..=2).map(|steps| code(secret, steps)).collect();
    let mut numbers = (0..).map(|number| format!("{number:06}"));
    numbers.find(|number| !good.contains(number)).unwrap()
}
