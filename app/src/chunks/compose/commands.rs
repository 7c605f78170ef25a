//! What a text that begins with a slash does in place of being sent. `messages/slash.rs` says which texts these are.

mod ask;
pub mod duration;
pub mod effects;
mod invite;
pub mod reminder;
pub mod runner;
pub mod texts;

use model::ConversationKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Me,
    Shrug,
    Away,
    Active,
    Remind,
    Poll,
    Invite,
    Topic,
    Mute,
    Unmute,
    Leave,
    Help,
}

/// A command as the list shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    pub kind: Kind,
    pub name: &'static str,
    pub arguments: &'static str,
    pub effect: &'static str,
}

const fn description(
    kind: Kind,
    name: &'static str,
    arguments: &'static str,
    effect: &'static str,
) -> Description {
    Description {
        kind,
        name,
        arguments,
        effect,
    }
}

/// In the order of the list.
pub const ALL: [Description; 12] = [
    description(Kind::Me, "me", "text", "Say what you do"),
    description(Kind::Shrug, "shrug", "[text]", "Add a shrug"),
    description(
        Kind::Remind,
        "remind",
        "time",
        "Be reminded of the last message",
    ),
    description(Kind::Poll, "poll", "[question]", "Let members vote"),
    description(Kind::Away, "away", "", "Be shown as away"),
    description(Kind::Active, "active", "", "Be shown as online"),
    description(Kind::Invite, "invite", "@name…", "Add people"),
    description(Kind::Topic, "topic", "text", "Change the description"),
    description(Kind::Mute, "mute", "[for 1h]", "Mute the conversation"),
    description(Kind::Unmute, "unmute", "", "Unmute the conversation"),
    description(Kind::Leave, "leave", "", "Leave the conversation"),
    description(Kind::Help, "help", "", "List the commands"),
];

/// The command of a name, in any case of letters.
pub fn named(name: &str) -> Option<&'static Description> {
    ALL.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

/// The commands whose names begin with a text, of those that a conversation has.
pub fn offered(beginning: &str, kind: ConversationKind) -> Vec<&'static Description> {
    let begins = |name: &str| {
        let start = name.get(..beginning.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    let all = ALL.iter();
    all.filter(|it| begins(it.name) && it.kind.is_of(kind))
        .collect()
}

impl Kind {
    /// Whether a conversation of this kind has the command.
    pub const fn is_of(self, kind: ConversationKind) -> bool {
        match self {
            Self::Invite | Self::Topic | Self::Leave => kind.is_group(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, named, offered};
    use model::ConversationKind::{Direct, Group};

    #[test]
    fn a_command_is_found_by_its_name() {
        assert_eq!(named("SHRUG").map(|it| it.name), Some("shrug"));
        assert_eq!(named("shru"), None);
        assert_eq!(named(""), None);
    }

    #[test]
    fn those_are_offered_that_the_conversation_has() {
        let names = |beginning, kind| -> Vec<_> {
            let offered = offered(beginning, kind).into_iter();
            offered.map(|it| it.name).collect()
        };
        assert_eq!(names("", Group).len(), ALL.len());
        assert_eq!(names("M", Group), ["me", "mute"]);
        assert_eq!(names("le", Group), ["leave"]);
        assert!(names("le", Direct).is_empty());
        assert!(names("leaves", Group).is_empty());
        assert!(names("größe", Group).is_empty());
    }
}
