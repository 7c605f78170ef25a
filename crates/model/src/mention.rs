//! Mentions of many: `@all` and `@here`.

use serde::{Deserialize, Serialize};

/// A mention that means many. Its words are no names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Wildcard {
    /// All members of the conversation but the sender; of a reply that is in a thread only, all who follow the thread.
    All,
    /// Those of them who were online when it was written.
    Here,
}

impl Wildcard {
    /// The wildcard that a word after an `@` stands for, in lower case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "all" | "channel" | "everyone" => Some(Self::All),
            "here" => Some(Self::Here),
            _ => None,
        }
    }

    /// The words that stand for it.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::All => &["all", "channel", "everyone"],
            Self::Here => &["here"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wildcard;

    #[test]
    fn each_word_stands_for_its_wildcard() {
        for wildcard in [Wildcard::All, Wildcard::Here] {
            for word in wildcard.words() {
                assert_eq!(Wildcard::of(word), Some(wildcard));
            }
        }
        assert_eq!(Wildcard::of("ada"), None);
    }
}
