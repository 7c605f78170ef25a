//! A list that is read in pages, and anew when something says that it has changed.

use crate::{
    client::{ChatClient, spawn, use_client},
    erased_signal::{ErasedSignal, effect},
    error::AppError,
    store::{ChatStore, ConnectionStatus, Key},
    ui::{loading_note, problem_note, show_if},
};
use leptos::prelude::*;
use model::Problem;
use std::{pin::Pin, sync::Arc, time::Duration};

/// After a change, the list is read anew so much later: changes often come together.
const RELOAD_DELAY: Duration = Duration::from_millis(400);

/// The items of a page, and the cursor of the next one.
pub type Page<T> = (Vec<T>, Option<String>);
pub type Fetched<T> = Pin<Box<dyn Future<Output = Result<Page<T>, AppError>>>>;
pub type Fetch<T> = Arc<dyn Fn(ChatClient, Option<String>) -> Fetched<T> + Send + Sync>;

pub struct LiveList<T> {
    client: ChatClient,
    /// `None` until the first page is there.
    list: ErasedSignal<Option<Page<T>>>,
    problem: ErasedSignal<Option<Problem>>,
    fetch: ErasedSignal<Fetch<T>>,
    is_same: fn(&T, &T) -> bool,
}

impl<T> Clone for LiveList<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for LiveList<T> {}

impl<T: Clone + Send + Sync + 'static> LiveList<T> {
    /// Begins to read. `keys` say of what in the store the list is made. `is_same` finds what two pages both
    /// have.
    pub fn new(fetch: Fetch<T>, is_same: fn(&T, &T) -> bool, keys: Vec<Key>) -> Self {
        let list = Self {
            client: use_client(),
            list: ErasedSignal::new(None),
            problem: ErasedSignal::new(None),
            fetch: ErasedSignal::new(fetch),
            is_same,
        };
        let is_due = ErasedSignal::new(false);
        let mut is_begun = false;
        effect(move || {
            list.client.store.track(&keys);
            if !std::mem::replace(&mut is_begun, true) {
                list.load(None);
            } else if !is_due.get_untracked() {
                is_due.set(true);
                let reload = move || {
                    // Not if the list is gone by now.
                    if is_due.try_get_untracked().is_some() {
                        is_due.set(false);
                        list.reload();
                    }
                };
                set_timeout(reload, RELOAD_DELAY);
            }
        });
        list
    }

    /// Without a connection, what is there stays; all of these lists are read again with the next one.
    fn reload(self) {
        let status = self
            .client
            .store
            .with_untracked(ChatStore::connection_status);
        if status != ConnectionStatus::Offline || self.list.with_untracked(Option::is_none) {
            self.load(None);
        }
    }

    fn load(self, cursor: Option<String>) {
        let fetch = self.fetch.get_untracked();
        spawn(async move {
            let is_first = cursor.is_none();
            match fetch(self.client, cursor).await {
                Ok(page) => {
                    self.list.update(|list| {
                        *list = Some(join(list.take(), page, is_first, self.is_same));
                    });
                    self.problem.set(None);
                }
                Err(AppError(problem)) => self.problem.set(Some(problem)),
            }
        });
    }

    pub fn items(self) -> Vec<T> {
        self.list.with(|list| match list {
            Some((items, _)) => items.clone(),
            None => Vec::new(),
        })
    }

    /// Why it could not be read.
    pub fn problem_note(self) -> AnyView {
        problem_note(self.problem)
    }

    /// What stands below the items: a spinner, a button for the next page, or why there are none.
    pub fn below(self, empty: fn() -> AnyView) -> AnyView {
        show_if(move || {
            let state = self.list.with(|list| {
                let (items, cursor) = list.as_ref()?;
                Some((items.is_empty(), cursor.clone()))
            });
            match state {
                None if self.problem.with(Option::is_some) => None,
                None => Some(loading_note()),
                Some((true, None)) => Some(empty()),
                Some((_, None)) => None,
                Some((_, cursor)) => Some(
                    view! {
                        <button type="button" class="button button-wide" on:click=move |_| self.load(cursor.clone())>
                            "Show more"
                        </button>
                    }
                    .into_any(),
                ),
            }
        })
    }
}

/// What is known, with the next page, or with the first one read anew.
fn join<T>(
    before: Option<Page<T>>,
    page: Page<T>,
    is_first: bool,
    is_same: fn(&T, &T) -> bool,
) -> Page<T> {
    let (mut items, mut cursor) = page;
    let Some((mut known, known_cursor)) = before else {
        return (items, cursor);
    };
    if !is_first {
        items.retain(|item| known.iter().all(|known| !is_same(known, item)));
        known.append(&mut items);
        return (known, cursor);
    }
    // The pages after the first stay as they are. What is gone from the first is gone.
    if cursor.is_some() && known.len() > items.len() {
        let rest: Vec<_> = known
            .into_iter()
            .skip(items.len())
            .filter(|item| items.iter().all(|known| !is_same(known, item)))
            .collect();
        items.extend(rest);
        cursor = known_cursor;
    }
    (items, cursor)
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn the_first_page_is_replaced_and_the_others_stay() {
        let same = |a: &i32, b: &i32| a == b;
        let next = |cursor: &str| Some(cursor.to_owned());
        let first = join(None, (vec![1, 2], next("a")), true, same);
        let both = join(Some(first), (vec![2, 3], next("b")), false, same);
        assert_eq!(both, (vec![1, 2, 3], next("b")));
        let anew = join(Some(both), (vec![9, 1], next("a")), true, same);
        assert_eq!(anew, (vec![9, 1, 3], next("b")));
        assert_eq!(
            join(Some(anew), (vec![9], None), true, same),
            (vec![9], None)
        );
    }
}
