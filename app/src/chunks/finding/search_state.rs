//! The state of a search: what is asked for, where, and what was found.

use super::{
    jumps::{Jumps, use_jumps},
    operators::is_unfinished,
    paged::Paged,
    suggestions::Suggestions,
};
use crate::{
    client::{FoundMessage, FoundProblem, MessageSearch},
    erased_signal::ErasedSignal,
    ui::time_zone_name,
};
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
    /// What is wrong with the filters of `searched`.
    pub problems: ErasedSignal<Vec<FoundProblem>>,
    pub results: Paged<FoundMessage>,
    pub suggestions: Suggestions,
    /// Where the panel has made room for.
    pub shown: ErasedSignal<Option<ConversationId>>,
}

pub fn new_search_state() -> SearchState {
    let jumps = use_jumps();
    let text = ErasedSignal::new(String::new());
    let within = ErasedSignal::new(None::<ConversationId>);
    let best_first = ErasedSignal::new(false);
    let searched = ErasedSignal::new(MessageSearch::default());
    let total = ErasedSignal::new(Total::default());
    let problems = ErasedSignal::new(Vec::new());
    let client = jumps.client;
    let results = Paged::new(move |cursor| {
        let search = MessageSearch {
            query: text.with_untracked(|text| text.trim().to_owned()),
            conversation_id: within.get_untracked(),
            best_first: best_first.get_untracked(),
            time_zone: time_zone_name(),
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
            // A refused search has no problems of its own.
            problems.set(
                page.as_ref()
                    .map_or_else(|_| Vec::new(), |page| page.problems.clone()),
            );
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
        problems,
        results,
        suggestions: Suggestions::new(client, text),
        shown: ErasedSignal::new(None),
    }
}

impl SearchState {
    /// Searches now.
    pub fn run(self) {
        if self.is_blank() {
            self.clear();
        } else {
            self.results.restart();
        }
    }

    pub fn run_after_typing(self) {
        if self.is_blank() {
            self.clear();
        } else if !self.text.with_untracked(|text| is_unfinished(text)) {
            self.results.restart_after_typing();
        }
    }

    fn clear(self) {
        self.problems.set(Vec::new());
        self.results.clear();
    }

    /// Puts another filter in the place of one, and searches anew.
    pub fn replace_filter(self, problem: &FoundProblem, other: &str) {
        let text = self.searched.with_untracked(|it| it.query.clone());
        self.text.set(text.replacen(&problem.filter, other, 1));
        self.run();
    }

    fn is_blank(self) -> bool {
        self.text.with_untracked(|text| text.trim().is_empty())
    }
}
