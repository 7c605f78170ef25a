//! The members of a conversation in pages, and the search among them. What is loaded is in the store, where
//! events keep it up to date.

use crate::{
    client::{ChatClient, spawn},
    erased_signal::{ErasedMemo, ErasedSignal},
    error::AppError,
    store::Key,
    ui::{Icon, icon, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, Problem, UserId};
use std::time::Duration;

/// The search starts when no key was pressed for this time.
const SEARCH_DELAY: Duration = Duration::from_millis(180);

/// Below this number of members, all are in view without a search.
const MIN_SEARCHED: i64 = 8;

#[derive(Clone, Copy)]
pub struct MemberPages {
    client: ChatClient,
    id: ConversationId,
    problem: ErasedSignal<Option<Problem>>,
    query: ErasedSignal<String>,
    /// Who was found; `None` without a search.
    found: ErasedSignal<Option<Vec<UserId>>>,
    /// Of the page after those that are shown.
    cursor: ErasedSignal<Option<String>>,
    timer: ErasedSignal<Option<TimeoutHandle>>,
}

impl MemberPages {
    pub fn new(
        client: ChatClient,
        id: ConversationId,
        problem: ErasedSignal<Option<Problem>>,
    ) -> Self {
        let pages = Self {
            client,
            id,
            problem,
            query: ErasedSignal::new(String::new()),
            found: ErasedSignal::new(None),
            cursor: ErasedSignal::new(None),
            timer: ErasedSignal::new(None),
        };
        if !client
            .store
            .with_untracked(|store| store.knows_all_members(id))
        {
            pages.load(None);
        }
        pages
    }

    /// Those who are shown: who was found, or all who are loaded.
    pub fn ids(self) -> Vec<UserId> {
        let (id, found) = (self.id, self.found.get());
        self.client.store.with(&[Key::Members(id)], |store| {
            if let Some(mut found) = found {
                found.retain(|user_id| store.member(id, *user_id).is_some());
                return found;
            }
            let members = store.members(id).unwrap_or_default().into_iter();
            members.map(|member| member.user.id).collect()
        })
    }

    fn load(self, cursor: Option<String>) {
        let query = self.query.get_untracked();
        spawn(async move {
            let is_first = cursor.is_none();
            let page = self.client.load_member_page(self.id, query.trim(), cursor);
            let page = page.await;
            // The panel may be closed, or something else searched for by now.
            if self.query.try_get_untracked().as_ref() != Some(&query) {
                return;
            }
            match page {
                Ok((mut ids, next)) => {
                    self.cursor.set(next);
                    let is_search = !query.trim().is_empty();
                    self.found.update(|found| {
                        let before = found.take().filter(|_| !is_first);
                        let mut all = before.unwrap_or_default();
                        all.append(&mut ids);
                        *found = is_search.then_some(all);
                    });
                }
                Err(AppError(error)) => self.problem.set(Some(error)),
            }
        });
    }

    fn search(self, query: String) {
        self.query.set(query);
        self.timer.update(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        let start = move || {
            if self.query.try_get_untracked().is_some() {
                self.load(None);
            }
        };
        self.timer
            .set(set_timeout_with_handle(start, SEARCH_DELAY).ok());
    }

    /// Where there are many members.
    pub fn search_box(self) -> AnyView {
        let id = self.id;
        let count = move || {
            self.client.store.with(&[Key::Head(id)], |store| {
                store
                    .summary(id)
                    .map_or(0, |it| it.conversation.member_count)
            })
        };
        show_if(move || {
            (count() >= MIN_SEARCHED).then(|| {
                view! {
                    <div class="search-box member-filter">
                        {icon(Icon::Search)}
                        <input
                            type="search"
                            placeholder="Find a member"
                            aria-label="Find a member"
                            autocomplete="off"
                            on:input=move |event| self.search(event_target_value(&event))
                        />
                    </div>
                }
                .into_any()
            })
        })
    }

    /// A button for the next page, or that nobody was found.
    pub fn below(self, ids: ErasedMemo<Vec<UserId>>) -> AnyView {
        show_if(move || {
            if let Some(cursor) = self.cursor.get() {
                return Some(
                    view! {
                        <button type="button" class="button button-wide" on:click=move |_| self.load(Some(cursor.clone()))>
                            "Show more"
                        </button>
                    }
                    .into_any(),
                );
            }
            let is_nobody = self.found.with(Option::is_some) && ids.with(Vec::is_empty);
            is_nobody.then(|| {
                view! { <p class="muted centred" role="status">"Nobody here has that name."</p> }
                    .into_any()
            })
        })
    }
}
