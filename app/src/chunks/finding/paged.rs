//! A list that pages without end: the next page is loaded where the end of the list is near.

use crate::{
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    error::AppError,
    ui::{in_words, on, show_if},
};
use leptos::{ev, prelude::*};
use model::{Page, Problem};
use std::{pin::Pin, sync::Arc, time::Duration};
use wasm_bindgen::JsCast;

/// The list starts anew when no key was pressed for this time.
const TYPING_DELAY: Duration = Duration::from_millis(180);
/// Within so many pixels of its end the list grows.
const NEAR_END: i32 = 500;

pub type Loading<T> = Pin<Box<dyn Future<Output = Result<Page<T>, AppError>>>>;
/// Loads the page with this cursor, or the first one.
type Load<T> = Arc<dyn Fn(Option<String>) -> Loading<T> + Send + Sync>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was asked for.
    Idle,
    Loading,
    /// The cursor of the next page.
    More(String),
    End,
    Failed(Problem),
}

/// A handle; `Copy`.
pub struct Paged<T: 'static> {
    pub items: ErasedSignal<Vec<T>>,
    pub progress: ErasedSignal<Progress>,
    /// Counts the lists: an answer to an earlier one is dropped.
    generation: ErasedSignal<u32>,
    load: ErasedSignal<Load<T>>,
    /// The cursor of the page that is loaded, or has failed.
    cursor: ErasedSignal<Option<String>>,
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Paged<T> {}

impl<T: Clone + Send + Sync + 'static> Paged<T> {
    /// Loads nothing yet.
    pub fn new(load: impl Fn(Option<String>) -> Loading<T> + Send + Sync + 'static) -> Self {
        Self {
            items: ErasedSignal::new(Vec::new()),
            progress: ErasedSignal::new(Progress::Idle),
            generation: ErasedSignal::new(0),
            load: ErasedSignal::new(Arc::new(load)),
            cursor: ErasedSignal::new(None),
        }
    }

    /// Empties the list.
    pub fn clear(self) {
        self.next_generation();
        self.items.set(Vec::new());
        self.progress.set(Progress::Idle);
    }

    /// Loads the first page. What is shown stays until it comes.
    pub fn restart(self) {
        let generation = self.next_generation();
        self.load_page(None, generation);
    }

    /// The same, once nobody types any more.
    pub fn restart_after_typing(self) {
        let generation = self.next_generation();
        let start = move || {
            if self.generation.try_get_untracked() == Some(generation) {
                self.load_page(None, generation);
            }
        };
        set_timeout(start, TYPING_DELAY);
    }

    /// Loads the page again that has failed.
    pub fn retry(self) {
        let generation = self.next_generation();
        self.load_page(self.cursor.get_untracked(), generation);
    }

    /// Loads the next page, if there is one.
    pub fn more(self) {
        if let Some(Progress::More(cursor)) = self.progress.try_get_untracked() {
            let generation = self.next_generation();
            self.load_page(Some(cursor), generation);
        }
    }

    fn next_generation(self) -> u32 {
        let next = self.generation.get_untracked().wrapping_add(1);
        self.generation.set(next);
        next
    }

    fn load_page(self, cursor: Option<String>, generation: u32) {
        self.cursor.set(cursor.clone());
        self.progress.set(Progress::Loading);
        let is_first = cursor.is_none();
        let page = self.load.with_untracked(|load| load(cursor));
        spawn(async move {
            let page = page.await;
            if self.generation.try_get_untracked() != Some(generation) {
                return;
            }
            match page {
                Ok(page) => {
                    self.items.update(|items| {
                        if is_first {
                            items.clear();
                        }
                        items.extend(page.items);
                    });
                    self.progress
                        .set(page.next_cursor.map_or(Progress::End, Progress::More));
                }
                Err(AppError(problem)) => self.progress.set(Progress::Failed(problem)),
            }
        });
    }

    /// Loads more where the end of the element with this id is near, after each page too: the first may not
    /// fill the element.
    pub fn grow_in(self, id: &'static str) -> Box<dyn FnMut(ev::Event)> {
        let grow = move || {
            let element = document().get_element_by_id(id);
            if element.is_some_and(|element| is_near_end(&element)) {
                self.more();
            }
        };
        effect(move || {
            if self.progress.with(|it| matches!(it, Progress::More(_))) {
                request_animation_frame(grow);
            }
        });
        on::input(move |_| grow())
    }

    /// What stands below the list: that it loads, or why it did not.
    pub fn foot(self) -> AnyView {
        show_if(move || match self.progress.get() {
            Progress::Loading => Some(any_view! {
                <p class="list-foot"><span class="spinner" aria-hidden="true"></span><span class="sr-only">"Loading…"</span></p>
            }),
            Progress::Failed(problem) => Some(any_view! {
                <div class="list-foot" role="alert">
                    <p>{in_words(&problem)}</p>
                    <button type="button" class="button" on:click=on::click(move |_| self.retry())>"Try again"</button>
                </div>
            }),
            _ => None,
        })
    }
}

fn is_near_end(element: &web_sys::Element) -> bool {
    element.scroll_height() - element.scroll_top() - element.client_height() < NEAR_END
}

/// Moves the focus to the next or the previous of some elements with an arrow key, or to the first or last
/// with Home and End, if the focus is on one of them. Before the first is `before`.
pub fn move_in_list(event: &ev::KeyboardEvent, selector: &str, before: &str) {
    if crate::ui::has_modifier(event) {
        return;
    }
    let Ok(all) = document().query_selector_all(selector) else {
        return;
    };
    let Some(focused) = document().active_element() else {
        return;
    };
    let node = |index| all.item(index);
    let at =
        (0..all.length()).find(|at| node(*at).is_some_and(|it| it.is_same_node(Some(&focused))));
    let last = all.length().checked_sub(1);
    let next = match (event.key().as_str(), at) {
        ("ArrowDown", Some(at)) => Some(at + 1).filter(|at| Some(*at) <= last),
        ("ArrowDown", None) => last.map(|_| 0),
        ("ArrowUp", Some(0)) => {
            event.prevent_default();
            crate::ui::focus_first(before);
            return;
        }
        ("ArrowUp", Some(at)) => Some(at - 1),
        ("Home", Some(_)) => Some(0),
        ("End", Some(_)) => last,
        _ => return,
    };
    event.prevent_default();
    let next = next.and_then(node);
    if let Some(next) = next.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = next.focus();
    }
}
