//! Which passwords may be chosen, as NIST SP 800-63B (3.1.1.2) has it: by length, and not one that others try
//! first. No rule asks for digits or signs.

use crate::{Error, Result, text};
use std::{collections::HashSet, ops::RangeInclusive, sync::LazyLock};
use unicode_normalization::UnicodeNormalization;

/// Characters of a password. The upper limit bounds the input, and has nothing to do with the time of
/// hashing: Argon2 reads the password once, with `BLAKE2b` (RFC 9106, 3.2). NIST asks to accept at least 64.
const LENGTH: RangeInclusive<usize> = 8..=256;

/// Characters that a password must have beside the names of its user.
const MIN_BESIDE_NAMES: usize = 4;

/// Characters of the shortest name that is looked for in a password: others are in many by chance.
const MIN_NAME: usize = 3;

/// The name of the program, which is as easily guessed as those of the user.
const PROGRAM: &str = "parlance";

/// In lower case. Where the list is from: `data/README.md`.
static COMMON_PASSWORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../../data/common_passwords.txt")
        .lines()
        .collect()
});

/// Refuses a password that is too short or too long, common, or little more than the names of its user.
/// `field` is what the input calls it.
///
/// # Errors
/// `Invalid`.
pub fn check_password(field: &str, password: &str, names: &[&str]) -> Result<()> {
    let password = text::password(password);
    if !LENGTH.contains(&password.chars().count()) {
        return Err(Error::invalid(field, "must have 8 to 256 characters"));
    }
    // In the forms that programs of guessers try, too: wide letters, and spaces around it.
    let compatible: String = password.nfkc().collect();
    let folded = compatible.trim().to_lowercase();
    if folded.is_empty() || COMMON_PASSWORDS.contains(folded.as_str()) {
        return Err(Error::invalid(
            field,
            "is one of those that are guessed first",
        ));
    }
    if is_made_of_names(&folded, names) {
        return Err(Error::invalid(field, "must not be made of your own name"));
    }
    Ok(())
}

/// Whether it has a name, and few letters and digits beside it.
fn is_made_of_names(folded: &str, names: &[&str]) -> bool {
    let own = names.iter().map(|name| name.to_lowercase());
    // An e-mail address, and what is before its host; a name, and its parts.
    let parts = own.flat_map(|name| {
        let parts: Vec<_> = name.split(['@', ' ']).map(str::to_owned).collect();
        [name].into_iter().chain(parts)
    });
    let mut parts: Vec<_> = parts
        .chain([PROGRAM.to_owned()])
        .filter(|part| part.chars().count() >= MIN_NAME)
        .collect();
    // The longest first: they may have others in them.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let rest = parts
        .iter()
        .fold(folded.to_owned(), |rest, part| rest.replace(part, " "));
    rest != folded && rest.chars().filter(|c| c.is_alphanumeric()).count() < MIN_BESIDE_NAMES
}

#[cfg(test)]
mod tests {
    use super::check_password;

    const NAMES: [&str; 3] = ["ada", "Ada Lovelace", "ada.king@example.org"];

    #[test]
    fn long_ones_that_nobody_else_has_are_taken() {
        for good in [
            "correct horse",
            "Zeit zum Schlafen",
            "adamant stone",
            "x7#kfq2p",
            "пароль для чата",
            "🦊🌲🚲🎺🧭🪁🥨🔭",
            &"x1y2".repeat(64),
        ] {
            assert!(check_password("password", good, &NAMES).is_ok(), "{good}");
        }
    }

    #[test]
    fn short_common_and_own_ones_are_refused() {
        for bad in [
            "",
            "short",
            "seven77",
            &"x".repeat(257),
            "password1",
            "PassWord123",
            "1q2w3e4r5t",
            "Ada Lovelace",
            "lovelace-123",
            "ada.king@example.org",
            "ADA-ada-ada",
            "parlance",
            "Parlance123",
            "ｐａｓｓｗｏｒｄ１",
            " password1 ",
            "          ",
        ] {
            assert!(check_password("password", bad, &NAMES).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_list_has_only_what_the_length_allows() {
        let list = include_str!("../../data/common_passwords.txt");
        assert!(list.lines().count() > 8_000);
        assert!(
            list.lines()
                .all(|it| it.len() >= 8 && it == it.to_lowercase())
        );
    }
}
