//! The bytes that the chain is made of. `docs/audit-log.md` describes them: whoever has an export can compute them with
//! other tools, so they change only with a new version.

use sha2::{Digest, Sha256};
use std::{borrow::Cow, fmt::Write};

pub type Hash = [u8; 32];

/// The first field of every entry.
const VERSION: &str = "parlance-audit-1";

/// What is personal, and may be emptied together with its salt. The commitment stays.
pub struct Person<'a> {
    pub salt: Option<&'a str>,
    pub fields: Vec<Option<&'a str>>,
}

impl Person<'_> {
    /// The random salt keeps the commitment from being guessed once it is gone: there are few addresses.
    pub fn commitment(&self) -> Hash {
        let mut bytes = Vec::new();
        push(&mut bytes, self.salt);
        for field in &self.fields {
            push(&mut bytes, *field);
        }
        Sha256::digest(bytes).into()
    }

    /// Whether it is what the commitment was made of. Unknown, and so no fault, once it was erased.
    pub fn fits(&self, commitment: &[u8]) -> bool {
        if self.salt.is_none() {
            return self.fields.iter().all(Option::is_none);
        }
        self.commitment() == commitment
    }
}

pub struct Content<'a> {
    pub position: i64,
    pub row: [Option<Cow<'a, str>>; 10],
    pub actor_commitment: &'a [u8],
    pub target_commitment: &'a [u8],
}

impl Content<'_> {
    /// The hash of the entry that follows the one with the hash `previous`.
    pub fn hash(&self, previous: &[u8]) -> Hash {
        let mut bytes = Vec::new();
        push(&mut bytes, Some(VERSION));
        push(&mut bytes, Some(&hex(previous)));
        push(&mut bytes, Some(&self.position.to_string()));
        for field in &self.row {
            push(&mut bytes, field.as_deref());
        }
        push(&mut bytes, Some(&hex(self.actor_commitment)));
        push(&mut bytes, Some(&hex(self.target_commitment)));
        Sha256::digest(bytes).into()
    }
}

/// Adds `<bytes>:<text>`, or `-` for nothing: no two lists of fields have the same bytes.
fn push(bytes: &mut Vec<u8>, field: Option<&str>) {
    match field {
        None => bytes.push(b'-'),
        Some(text) => {
            bytes.extend_from_slice(text.len().to_string().as_bytes());
            bytes.push(b':');
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{Content, Person, hex};

    /// The example of `docs/audit-log.md`.
    #[test]
    fn the_bytes_are_those_of_the_documentation() {
        let actor = Person {
            salt: Some("0d5d8a53-6a1c-4c1f-8f6e-2c8d6b8e9a10"),
            fields: vec![Some("ada"), Some("192.0.2.1"), None],
        };
        let target = Person {
            salt: Some("5b0f3b0e-8f0a-4a3e-9d7b-1f2e3d4c5b6a"),
            fields: vec![None],
        };
        let (actor, target) = (actor.commitment(), target.commitment());
        let text = |text: &'static str| Some(text.into());
        let content = Content {
            position: 1,
            row: [
                text("7"),
                text("1767225600000000"),
                text("session.started"),
                text("user"),
                text("3"),
                None,
                None,
                text("12"),
                None,
                text(r#"{"client":"browser","method":"password"}"#),
            ],
            actor_commitment: &actor,
            target_commitment: &target,
        };
        let documented = include_str!("../../../../docs/audit-log.md");
        for hash in [actor, target, content.hash(&[0; 32])] {
            assert!(documented.contains(&hex(&hash)), "{}", hex(&hash));
        }
    }

    #[test]
    fn what_was_erased_fits_and_what_was_changed_does_not() {
        let person = |salt, name| Person {
            salt,
            fields: vec![name],
        };
        let commitment = person(Some("s"), Some("ada")).commitment();
        assert!(person(Some("s"), Some("ada")).fits(&commitment));
        assert!(person(None, None).fits(&commitment));
        assert!(!person(None, Some("eve")).fits(&commitment));
        assert!(!person(Some("s"), Some("eve")).fits(&commitment));
        assert!(!person(Some("s"), None).fits(&commitment));
    }
}
