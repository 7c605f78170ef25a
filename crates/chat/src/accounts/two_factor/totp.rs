//! Codes of authenticator apps: TOTP (RFC 6238) with what every app takes, SHA-1, 6 digits and 30 s.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::ops::RangeInclusive;

/// Bytes of a secret, as RFC 4226, 4, recommends.
pub const SECRET_BYTES: usize = 20;

pub const DIGITS: usize = 6;

/// Seconds for which an app shows a code.
const STEP_SECONDS: i64 = 30;

/// Steps by which the clock of an app may be wrong, either way (RFC 6238, 5.2).
const DRIFT: i64 = 1;

/// The steps whose codes are good at a time, in seconds since 1970.
fn steps_at(seconds: i64) -> RangeInclusive<i64> {
    let now = seconds.div_euclid(STEP_SECONDS);
    now - DRIFT..=now + DRIFT
}

/// The step that a code is of, if it is good now and later than `after`.
pub fn matching_step(secret: &[u8], code: &str, seconds: i64, after: i64) -> Option<i64> {
    steps_at(seconds).filter(|step| *step > after).find(|step| {
        let expected = code_of(secret, *step);
        constant_time::verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok()
    })
}

/// RFC 4226, 5.3.
fn code_of(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    let number = tag[offset..offset + 4]
        .iter()
        .fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
    let code = (number & 0x7fff_ffff) % 10_u32.pow(6);
    format!("{code:0DIGITS$}")
}

/// The secret, for typing.
pub fn to_base32(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What an app reads from a QR code.
pub fn uri(secret: &[u8], username: &str) -> String {
    let (username, secret) = (
        utf8_percent_encode(username, NON_ALPHANUMERIC),
        to_base32(secret),
    );
    format!("otpauth://totp/Parlance:{username}?secret={secret}&issuer=Parlance")
}

#[cfg(test)]
mod tests {
    use super::{matching_step, uri};

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, without the first two of eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = Some(seconds / 30);
            assert_eq!(matching_step(SECRET, code, seconds, 0), step, "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_wrong_by_one_step() {
        let is_good = |seconds| matching_step(SECRET, "005924", seconds, 0).is_some();
        let (first, last) = (1_234_567_890 - 30, 1_234_567_890 + 59);
        assert!(is_good(first) && is_good(last));
        assert!(!is_good(first - 1) && !is_good(last + 1));
    }

    #[test]
    fn a_step_that_was_used_is_not_good_again() {
        let (seconds, step) = (1_234_567_890, 1_234_567_890 / 30);
        let after = |after| matching_step(SECRET, "005924", seconds, after);
        assert_eq!(after(step - 1), Some(step));
        assert_eq!((after(step), after(step + 1)), (None, None));
    }

    #[test]
    fn apps_read_secret_and_name() {
        let expected = "otpauth://totp/Parlance:ada%2Elovelace?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Parlance";
        assert_eq!(uri(SECRET, "ada.lovelace"), expected);
    }
}
