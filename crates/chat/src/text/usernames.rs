//! Usernames, as `UsernameCaseMapped` (RFC 8265, 3.3) prepares them. The constraint
//! `users_username_format` allows ASCII only, so that two of them cannot look alike in two scripts.

use unicode_normalization::UnicodeNormalization;

/// Characters of the longest username (`users_username_format`).
const MAX_USERNAME: usize = 32;

/// Names that stand for many people or for nobody, such as in `@all`. Nobody can register with one. Who has had it
/// before keeps it, and so do users whom an app or a directory names.
const RESERVED: [&str; 6] = ["all", "channel", "deleted", "everyone", "here", "system"];

/// Whether nobody can register with a username, as it is stored.
pub fn is_reserved(username: &str) -> bool {
    RESERVED.contains(&username)
}

/// What was typed as a username, as it is stored and looked up: wide forms narrow, lower case, NFC.
/// Whether the result can be a username is for the constraint to say.
pub fn username(typed: &str) -> String {
    let narrow = typed.trim().chars().flat_map(|c| {
        let is_wide = matches!(c, '\u{ff01}'..='\u{ffef}');
        let narrow = is_wide.then(|| c.nfkc());
        let same = narrow.is_none().then_some(c);
        narrow.into_iter().flatten().chain(same)
    });
    narrow.collect::<String>().to_lowercase().nfc().collect()
}

/// A username that the constraint `users_username_format` accepts, made of any text; `None` if too
/// little is left of it. Letters lose their accents, in whichever form they are.
pub fn username_from(text: &str) -> Option<String> {
    let text: String = username(text).nfkd().collect();
    let text = text.replace(' ', "-").replace('ß', "ss");
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c);
    let name = text.chars().filter(allowed);
    let name = name.skip_while(|c| !c.is_ascii_alphanumeric());
    let name: String = name.take(MAX_USERNAME).collect();
    (name.len() >= 2).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{username, username_from};

    #[test]
    fn typed_usernames_have_one_form() {
        for (typed, stored) in [
            (" Ada ", "ada"),
            ("ＡＤＡ", "ada"),
            ("CAFE\u{301}@x.example", "café@x.example"),
            // The constraint refuses both: they are not in ASCII.
            ("ΟΔΟΣ", "οδος"),
            ("İ", "i\u{307}"),
        ] {
            assert_eq!(username(typed), stored);
        }
    }

    #[test]
    fn usernames_fit_the_constraint() {
        let made = |text| username_from(text);
        assert_eq!(made("Ada.Lovelace").as_deref(), Some("ada.lovelace"));
        assert_eq!(made("-_x y!z").as_deref(), Some("x-yz"));
        assert_eq!(made("André").as_deref(), Some("andre"));
        assert_eq!(made("Andre\u{301}").as_deref(), Some("andre"));
        assert_eq!(made("Weiß"), made("WEISS"));
        assert_eq!(made("Ада"), None);
        assert_eq!(made(&"a".repeat(50)).unwrap().len(), 32);
    }
}
