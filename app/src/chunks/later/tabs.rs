//! The lists of the page of this chunk, of which one is shown: the address says which.

use super::state::Later;
use crate::{
    erased_signal::{ErasedMemo, ErasedSignal, memo},
    ui::{focus_first, show_if},
};
use leptos::{ev, prelude::*};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Drafts,
    Scheduled,
    Reminders,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Drafts, Self::Scheduled, Self::Reminders];

    fn name(self) -> &'static str {
        match self {
            Self::Drafts => "drafts",
            Self::Scheduled => "scheduled",
            Self::Reminders => "reminders",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Drafts => "Drafts",
            Self::Scheduled => "Scheduled",
            Self::Reminders => "Reminders",
        }
    }

    /// The address of the list.
    pub fn path(self) -> String {
        match self {
            Self::Drafts => "/later".to_owned(),
            other => format!("/later?tab={}", other.name()),
        }
    }

    pub fn id(self) -> String {
        format!("tab-{}", self.name())
    }

    /// The list that a query names.
    fn of_query(query: &str) -> Self {
        let named = query.strip_prefix("?tab=");
        let found = Self::ALL.into_iter().find(|it| Some(it.name()) == named);
        found.unwrap_or(Self::Drafts)
    }
}

/// The list that the address names, from an effect on: the server knows of no list.
pub fn shown_tab(later: Later) -> ErasedSignal<Tab> {
    let shown = ErasedSignal::new(Tab::Drafts);
    let read = move || {
        let query = window().location().search().unwrap_or_default();
        let tab = Tab::of_query(&query);
        if shown.get_untracked() != tab {
            shown.set(tab);
        }
    };
    crate::erased_signal::effect(move || {
        later.router.route();
        read();
    });
    // The history of the browser moves from one list to another without another route.
    crate::erased_signal::effect(move || {
        let moved = window_event_listener(ev::popstate, move |_| read());
        on_cleanup(move || moved.remove());
    });
    shown
}

/// Shows a list, and has it in the history of the browser.
fn show(later: Later, shown: ErasedSignal<Tab>, tab: Tab) {
    if shown.get_untracked() != tab {
        later.router.navigate(&tab.path());
    }
}

/// Arrow keys go from one to the next. `count` is how many things are in a list.
pub fn tabs(later: Later, shown: ErasedSignal<Tab>, count: fn(Later, Tab) -> usize) -> AnyView {
    let on_key = move |event: ev::KeyboardEvent| {
        let at = Tab::ALL
            .iter()
            .position(|tab| *tab == shown.get_untracked());
        let at = at.unwrap_or_default();
        let next = match &*event.key() {
            "ArrowRight" => (at + 1) % Tab::ALL.len(),
            "ArrowLeft" => (at + Tab::ALL.len() - 1) % Tab::ALL.len(),
            _ => return,
        };
        event.prevent_default();
        show(later, shown, Tab::ALL[next]);
        focus_first(&format!("#{}", Tab::ALL[next].id()));
    };
    let buttons: Vec<_> = Tab::ALL
        .into_iter()
        .map(|tab| {
            let count = memo(move || count(later, tab));
            button(tab, count, shown, move || show(later, shown, tab))
        })
        .collect();
    view! {
        <div class="choice-buttons" role="tablist" aria-label="Drafts & scheduled" on:keydown=on_key>
            {buttons}
        </div>
    }
    .into_any()
}

fn button(
    tab: Tab,
    count: ErasedMemo<usize>,
    shown: ErasedSignal<Tab>,
    act: impl Fn() + 'static,
) -> AnyView {
    let is_shown = move || shown.get() == tab;
    view! {
        <button
            type="button"
            class="choice-button"
            role="tab"
            id=tab.id()
            aria-controls="later-panel"
            aria-selected=move || is_shown().to_string()
            tabindex=move || if is_shown() { "0" } else { "-1" }
            on:click=move |_| act()
        >
            {tab.label()}
            {show_if(move || {
                let count = count.get();
                (count > 0).then(|| view! { <span class="muted">{format!("\u{a0}{count}")}</span> }.into_any())
            })}
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::Tab;

    #[test]
    fn the_address_names_a_list() {
        for tab in Tab::ALL {
            let path = tab.path();
            let query = path.strip_prefix("/later").unwrap();
            assert_eq!(Tab::of_query(query), tab);
        }
        for query in ["", "?", "?tab=", "?tab=x", "?tab=drafts"] {
            assert_eq!(Tab::of_query(query), Tab::Drafts, "{query}");
        }
    }
}
