//! Muting a conversation, also for a time: the browser that muted it unmutes it.

use crate::{
    client::{ChatClient, now},
    sidebar_sections::SidebarState,
};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use model::ConversationId;
use std::{cell::RefCell, time::Duration};

/// A timer of a browser is not set for longer than 24 days.
const MAX_DELAY: Duration = Duration::from_hours(24);

thread_local! {
    static TIMER: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

#[derive(Clone, Copy)]
pub struct Mutes {
    pub client: ChatClient,
    pub sidebar: SidebarState,
}

impl Mutes {
    pub fn is_muted(self, id: ConversationId) -> bool {
        self.client.sidebar_choices().is_muted(id)
    }

    /// Mutes a conversation until it is unmuted, or for so long.
    pub fn mute(self, id: ConversationId, duration: Option<time::Duration>) {
        if !self.is_muted(id) {
            self.client.toggle_muted(id);
        }
        let end = duration.map(|it| (now() + it).unix_timestamp());
        self.client.set_mute_end(id, end);
        self.watch();
    }

    pub fn unmute(self, id: ConversationId) {
        if self.is_muted(id) {
            self.client.toggle_muted(id);
        }
        self.watch();
    }

    /// Unmutes what was muted until now, and again when the next one ends.
    pub fn watch(self) {
        let now = now().unix_timestamp();
        let (over, coming): (Vec<_>, Vec<_>) = self
            .client
            .mute_ends()
            .into_iter()
            .partition(|(_, end)| *end <= now);
        for (id, _) in over {
            self.client.set_mute_end(id, None);
            if self.is_muted(id) {
                self.client.toggle_muted(id);
            }
        }
        self.sidebar.choices.set(self.client.sidebar_choices());
        if let Some(timer) = TIMER.take() {
            timer.clear();
        }
        let next = coming.into_iter().map(|(_, end)| end - now).min();
        let Some(seconds) = next.and_then(|it| u64::try_from(it).ok()) else {
            return;
        };
        let delay = Duration::from_secs(seconds).min(MAX_DELAY);
        TIMER.set(set_timeout_with_handle(move || self.watch(), delay).ok());
    }
}
