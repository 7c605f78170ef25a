//! What a queued send mentions many by.

use super::options::SendOptions;
use crate::text;
use model::Wildcard;

#[derive(Default)]
pub struct SendWildcards {
    /// What is written after each `@` that may mention many, until it is known whether it does.
    pub undecided: Vec<String>,
    /// Whom it means, once that is known, and the limits of its sender have paid for it.
    pub granted: Vec<Wildcard>,
    /// All members, if it means those who are online and the conversation has few.
    pub few_members: Option<Vec<i64>>,
}

impl SendWildcards {
    /// Of a body that was not asked about yet. The words of somebody else mention nobody.
    pub fn of(body: &str, options: SendOptions) -> Self {
        let undecided = if options.forwarded || options.mentions_few {
            Vec::new()
        } else {
            text::wildcard_names(body)
        };
        Self {
            undecided,
            ..Self::default()
        }
    }

    pub fn is_undecided(&self) -> bool {
        !self.undecided.is_empty()
    }

    pub fn means_online(&self) -> bool {
        self.granted.contains(&Wildcard::Here)
    }
}
