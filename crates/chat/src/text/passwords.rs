//! Passwords, as the profile `OpaqueString` (RFC 8265, 4.2) prepares them: white space is the space of
//! ASCII, letters are composed (NFC), case stays. Nothing is refused, unlike in the profile: a password
//! is never shown, and those with an emoji have been taken before.

use unicode_normalization::UnicodeNormalization;

/// The password as it is hashed.
pub fn password(typed: &str) -> String {
    typed
        .chars()
        .map(|c| {
            if c.is_whitespace() && !c.is_ascii() {
                ' '
            } else {
                c
            }
        })
        .nfc()
        .collect()
}

/// The other forms in which a password may have been hashed before passwords were prepared: as it was
/// typed, and decomposed. Empty for a password in ASCII.
pub fn other_spellings(typed: &str) -> Vec<String> {
    let prepared = password(typed);
    let mut others: Vec<String> = Vec::new();
    for other in [
        typed.to_owned(),
        typed.nfc().collect(),
        typed.nfd().collect(),
    ] {
        if other != prepared && !others.contains(&other) {
            others.push(other);
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::{other_spellings, password};

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(
            password("cafe\u{301} au lait"),
            password("café\u{a0}au\u{3000}lait")
        );
        assert_ne!(password("Correct Horse"), password("correct horse"));
        assert_ne!(password("ﬁle"), password("file"));
    }

    #[test]
    fn earlier_hashes_are_tried_in_few_forms() {
        assert!(other_spellings("correct horse").is_empty());
        assert_eq!(other_spellings("café"), ["cafe\u{301}"]);
        assert_eq!(other_spellings("cafe\u{301}"), ["cafe\u{301}"]);
        assert_eq!(other_spellings("a\u{a0}b").len(), 1);
    }
}
