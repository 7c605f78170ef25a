//! Mentions of many: `@all` and `@here`.

use crate::{ConversationKind, MemberRole};
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

/// Members of a direct conversation or a group up to which each of them may mention all; in a larger one only those who
/// administer it may.
pub const MAX_MEMBERS_WHO_MENTION_ALL: i64 = 50;

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

/// Whether a member may mention many in a conversation of so many members. The SQL function `granted_wildcards`
/// (`migrations/0089_mentions.sql`) has the rule for what is sent; this one tells the page before.
#[must_use]
pub fn may_mention_all(kind: ConversationKind, role: MemberRole, member_count: i64) -> bool {
    let is_small = member_count <= MAX_MEMBERS_WHO_MENTION_ALL;
    let is_closed = matches!(kind, ConversationKind::Direct | ConversationKind::Group);
    role >= MemberRole::Admin || is_closed && is_small
}

#[cfg(test)]
mod tests {
    use super::{Wildcard, may_mention_all};
    use crate::{ConversationKind, MemberRole};

    #[test]
    fn each_word_stands_for_its_wildcard() {
        for wildcard in [Wildcard::All, Wildcard::Here] {
            for word in wildcard.words() {
                assert_eq!(Wildcard::of(word), Some(wildcard));
            }
        }
        assert_eq!(Wildcard::of("ada"), None);
    }

    #[test]
    fn many_are_mentioned_in_small_groups_and_by_those_who_administer() {
        let (group, channel) = (ConversationKind::Group, ConversationKind::Channel);
        assert!(may_mention_all(group, MemberRole::Member, 50));
        assert!(!may_mention_all(group, MemberRole::Member, 51));
        assert!(may_mention_all(group, MemberRole::Admin, 51));
        assert!(!may_mention_all(channel, MemberRole::Member, 2));
        assert!(may_mention_all(channel, MemberRole::Owner, 10_000));
        assert!(may_mention_all(
            ConversationKind::Direct,
            MemberRole::Member,
            2
        ));
    }
}
