//! The state of a search: what is asked for, where, and what was found.

use super::{
    jumps::{Jumps, use_jumps},
    operators::is_unfinished,
    paged::Paged,
    suggestions::Suggestions,
};
use crate::{
    client::{FoundMessage, MessageSearch, now},
    erased_signal::ErasedSignal,
    ui::use_zone,
};
use leptos::prelude::*;
use model::{ConversationId, Page};

/// Results of all pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub count: i64,
    pub is_exact: bool,
}

#[derive(Clone, Copy)]
pub struct SearchState {
    pub jumps: Jumps,
    pub text: ErasedSignal<String>,
    /// Only in this conversation.
    pub within: ErasedSignal<Option<ConversationId>>,
    pub best_first: ErasedSignal<bool>,
    /// What the results are of.
    pub searched: ErasedSignal<MessageSearch>,
    pub total: ErasedSignal<Total>,
    pub results: Paged<FoundMessage>,
    pub suggestions: Suggestions,
    /// Where the panel has made room for.
    pub shown: ErasedSignal<Option<ConversationId>>,
}

pub fn new_search_state() -> SearchState {
    let jumps = use_jumps();
    let zone = use_zone();
    let text = ErasedSignal::new(String::new());
    let within = ErasedSignal::new(None::<ConversationId>);
    let best_first = ErasedSignal::new(false);
    let searched = ErasedSignal::new(MessageSearch::default());
    let total = ErasedSignal::new(Total::default());
    let client = jumps.client;
    let results = Paged::new(move |cursor| {
        let offset = untrack(|| zone.to_local(now())).offset();
        let search = MessageSearch {
            query: text.with_untracked(|text| text.trim().to_owned()),
            conversation_id: within.get_untracked(),
            best_first: best_first.get_untracked(),
            utc_offset: offset.whole_seconds() / 60,
        };
        // The pages of a list are those of the search that it began with.
        let search = match cursor {
            Some(_) => searched.get_untracked(),
            None => search,
        };
        Box::pin(async move {
            let is_first = cursor.is_none();
            let page = client.search(search.clone(), cursor).await;
            if is_first {
                searched.set(search);
            }
            let page = page?;
            total.set(Total {
                count: page.total,
                is_exact: page.total_is_exact,
            });
            Ok(Page {
                items: page.items,
                next_cursor: page.next_cursor,
            })
        })
    });
    SearchState {
        jumps,
        text,
        within,
        best_first,
        searched,
        total,
        results,
        suggestions: Suggestions::new(client, text),
        shown: ErasedSignal::new(None),
    }
}

impl SearchState {
    /// Searches now.
    pub fn run(self) {
        if self.is_blank() {
            self.results.clear();
        } else {
            self.results.restart();
        }
    }

    pub fn run_after_typing(self) {
        if self.is_blank() {
            self.results.clear();
        } else if !self.text.with_untracked(|text| is_unfinished(text)) {
            self.results.restart_after_typing();
        }
    }

    fn is_blank(self) -> bool {
        self.text.with_untracked(|text| text.trim().is_empty())
    }
}
