//! What is offered to complete a text with.

use super::{commands::Description, rich_text::escape};
use crate::{
    chunks::emoji::{data::EmojiData, search::search},
    client::skin_tone,
    presence::presence_dot,
    ui::{Icon, avatar, icon},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, User};

/// So many emoji are offered.
const MAX_EMOJI: usize = 8;

#[derive(Clone, PartialEq)]
pub enum Offer {
    Person(User),
    /// A mention of many, and whom it means.
    Many {
        word: &'static str,
        effect: String,
    },
    Emoji {
        text: String,
        label: String,
        code: String,
    },
    /// A group or a channel.
    Place {
        id: ConversationId,
        kind: ConversationKind,
        is_private: bool,
        title: String,
    },
    Command(&'static Description),
    /// The name of a time.
    Time(String),
}

/// The emoji that fit to a code, in the skin tone of this browser.
pub fn emoji(data: &EmojiData, query: &str) -> Vec<Offer> {
    let tone = skin_tone();
    let found = search(data, query).into_iter().take(MAX_EMOJI);
    found
        .map(|emoji| Offer::Emoji {
            text: emoji.with_tone(tone),
            label: emoji.label.clone(),
            code: emoji.code().to_owned(),
        })
        .collect()
}

impl Offer {
    /// The name of a list of such offers.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Person(_) | Self::Many { .. } => "People",
            Self::Emoji { .. } => "Emoji",
            Self::Place { .. } => "Conversations",
            Self::Command(_) => "Commands",
            Self::Time(_) => "Times",
        }
    }

    /// What is written in the place of the sign and of what follows it.
    pub fn text(&self) -> String {
        match self {
            Self::Person(user) => format!("@{}", user.username),
            Self::Many { word, .. } => format!("@{word}"),
            Self::Emoji { text, .. } => text.clone(),
            Self::Place { id, title, .. } => link(*id, title),
            Self::Command(command) => format!("/{}", command.name),
            Self::Time(name) => name.clone(),
        }
    }

    /// Whether what follows the sign is all that would be written.
    pub fn is_written(&self, query: &str) -> bool {
        match self {
            Self::Person(user) => user.username == query,
            Self::Many { word, .. } => word.eq_ignore_ascii_case(query),
            Self::Command(command) => command.name.eq_ignore_ascii_case(query),
            Self::Time(name) => name == query,
            Self::Emoji { .. } | Self::Place { .. } => false,
        }
    }

    pub fn view(&self) -> AnyView {
        match self {
            Self::Person(user) => any_view! {
                <span class="face">
                    {avatar(user.id.0, &user.name, user.avatar_url.as_deref())}
                    {presence_dot(user.id)}
                </span>
                <span class="grow one-line notranslate" dir="auto">{user.name.clone()}</span>
                <span class="muted one-line">"@" {user.username.clone()}</span>
            },
            Self::Many { word, effect } => any_view! {
                {icon(Icon::Group)}
                <span class="grow one-line notranslate">"@" {*word}</span>
                <span class="muted one-line">{effect.clone()}</span>
            },
            Self::Emoji { text, label, code } => any_view! {
                <span class="face notranslate" aria-hidden="true">{text.clone()}</span>
                <span class="grow one-line">{label.clone()}</span>
                <span class="muted one-line">":" {code.clone()} ":"</span>
            },
            Self::Place {
                kind,
                is_private,
                title,
                ..
            } => {
                let (picture, name) = match (kind, is_private) {
                    (ConversationKind::Channel, false) => (Icon::Channel, "Channel"),
                    (ConversationKind::Channel, true) => (Icon::Lock, "Private channel"),
                    _ => (Icon::Group, "Group"),
                };
                any_view! {
                    {icon(picture)}
                    <span class="grow one-line notranslate" dir="auto">{title.clone()}</span>
                    <span class="muted one-line">{name}</span>
                }
            }
            Self::Command(command) => any_view! {
                <span class="compose-command notranslate">
                    "/" {command.name} " " <span class="muted">{command.arguments}</span>
                </span>
                <span class="grow muted one-line compose-effect">{command.effect}</span>
            },
            Self::Time(name) => any_view! {
                {icon(Icon::Clock)}
                <span class="grow one-line">{name.clone()}</span>
            },
        }
    }
}

/// The link to a conversation, as it is written.
fn link(id: ConversationId, title: &str) -> String {
    format!("[#{}](/c/{id})", escape(title))
}

#[cfg(test)]
mod tests {
    use super::link;
    use model::ConversationId;

    #[test]
    fn a_title_is_the_text_of_its_link() {
        for (title, written) in [
            ("General", "[#General](/c/4)"),
            ("a ]b[ *c* \\", r"[#a \]b\[ \*c\* \\](/c/4)"),
            ("||d|| <e> @kim", r"[#\|\|d\|\| \<e> @kim](/c/4)"),
            ("x](https://b.example)", r"[#x\](https://b.example)](/c/4)"),
            ("snake_case `code`", r"[#snake_case \`code\`](/c/4)"),
        ] {
            assert_eq!(link(ConversationId(4), title), written);
        }
    }
}
