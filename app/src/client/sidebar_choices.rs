//! What the user has chosen for the list of conversations in this browser, in `localStorage` under `sidebar:`:
//! the folded sections, and the direct conversations that are hidden until something new comes.

use super::{ChatClient, browser};
use crate::{json, store::Key};
use model::ConversationId;

/// Hidden conversations that are kept: beyond it, the oldest choice is let go.
const MAX_KEPT: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SidebarChoices {
    /// The keys of sections.
    pub folded: Vec<String>,
    /// With the position of the newest message when it was hidden.
    pub hidden: Vec<(ConversationId, i64)>,
}

impl SidebarChoices {
    /// Whether a conversation is hidden whose newest message has this position.
    pub fn hides(&self, id: ConversationId, position: i64) -> bool {
        self.hidden
            .iter()
            .any(|(known, at)| *known == id && position <= *at)
    }
}

impl ChatClient {
    /// None on the server: read them in an effect, or hydration meets another list than the server rendered.
    pub fn sidebar_choices(self) -> SidebarChoices {
        SidebarChoices {
            folded: self.choice("folded"),
            hidden: self.choice("hidden"),
        }
    }

    /// Folds a section, or unfolds it.
    pub fn toggle_folded(self, section: &str) -> SidebarChoices {
        let mut folded = self.sidebar_choices().folded;
        toggle(&mut folded, section.to_owned());
        self.keep_choice("folded", &folded)
    }

    /// Hides a direct conversation until it has a newer message.
    pub fn hide_conversation(self, id: ConversationId) -> SidebarChoices {
        let position = self.store.with_untracked(|store| {
            let summary = store.summary(id);
            summary.map_or(0, |summary| summary.conversation.position)
        });
        let mut hidden = self.sidebar_choices().hidden;
        hidden.retain(|(known, _)| *known != id);
        hidden.push((id, position));
        if hidden.len() > MAX_KEPT {
            hidden.remove(0);
        }
        self.keep_choice("hidden", &hidden)
    }

    /// The conversations with a draft.
    pub fn drafted(self) -> Vec<ConversationId> {
        self.store.track(&[Key::Drafts]);
        let drafts = self.storage_key("draft", "");
        let keys = browser::stored_keys().into_iter();
        keys.filter_map(|key| key.strip_prefix(&drafts)?.parse().ok())
            .collect()
    }

    pub(super) fn choice<T: serde::de::DeserializeOwned + Default>(self, name: &str) -> T {
        browser::stored(&self.storage_key("sidebar", name))
            .and_then(|text| json::read(&text))
            .unwrap_or_default()
    }

    pub(super) fn keep_choice(self, name: &str, choice: &impl serde::Serialize) -> SidebarChoices {
        if let Ok(text) = serde_json::to_string(choice) {
            browser::store(&self.storage_key("sidebar", name), &text);
        }
        self.sidebar_choices()
    }
}

fn toggle<T: PartialEq>(list: &mut Vec<T>, item: T) {
    let before = list.len();
    list.retain(|known| *known != item);
    if list.len() == before {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::{SidebarChoices, toggle};
    use model::ConversationId;

    #[test]
    fn what_is_hidden_comes_back_with_its_next_message() {
        let choices = SidebarChoices {
            hidden: vec![(ConversationId(7), 12)],
            ..Default::default()
        };
        assert!(choices.hides(ConversationId(7), 12));
        assert!(!choices.hides(ConversationId(7), 13));
        assert!(!choices.hides(ConversationId(8), 1));
    }

    #[test]
    fn a_second_time_takes_it_back() {
        let mut list = vec![1, 2];
        toggle(&mut list, 1);
        assert_eq!(list, [2]);
        toggle(&mut list, 1);
        assert_eq!(list, [2, 1]);
    }
}
