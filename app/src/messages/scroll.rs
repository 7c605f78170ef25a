//! The scroll position of the timeline: kept when rows are added, and reported to the server as read.
//!
//! The scroller counts from its end (`column-reverse`): rows that are added before the others move
//! nothing, and the page starts at the end before any script runs.

use super::conversation_view::ConversationView;
use crate::{
    client::{ChatClient, spawn},
    erased_signal::{ErasedMemo, ErasedSignal, effect},
    store::RowKey,
};
use leptos::{ev, prelude::*};
use model::ConversationId;

/// At most so many pixels from the end count as at the end.
const NEAR_END: i32 = 48;
/// Within so many pixels of an edge of the timeline, the next page is loaded.
const NEAR_EDGE: i32 = 900;

/// The DOM id of the scroller.
pub const SCROLLER_ID: &str = "timeline";

fn scroller() -> Option<web_sys::Element> {
    document().get_element_by_id(SCROLLER_ID)
}

#[derive(Clone, Copy)]
pub struct Scroll {
    view: ConversationView,
    pub at_end: ErasedSignal<bool>,
    loading: ErasedSignal<bool>,
    /// The rows have changed, and the anchor is not yet where it was. A scroll event may come in between:
    /// what it would save is a row that the change has moved into view.
    is_moved: ErasedSignal<bool>,
    /// The DOM id of the first visible row, and its distance below the upper edge, in pixels.
    anchor: ErasedSignal<Option<(String, f64)>>,
}

impl Scroll {
    pub fn new(view: ConversationView, rows: ErasedMemo<Vec<RowKey>>) -> Self {
        let scroll = Self {
            view,
            at_end: ErasedSignal::new(true),
            loading: ErasedSignal::new(false),
            is_moved: ErasedSignal::new(false),
            anchor: ErasedSignal::new(None),
        };
        effect(move || {
            rows.track();
            scroll.is_moved.set(true);
            // Another effect of the same change updates the rows: wait for it.
            request_animation_frame(move || scroll.on_rows_changed());
        });
        effect(move || {
            view.scroll_target.track();
            request_animation_frame(move || scroll.on_rows_changed());
        });
        let mut is_first = true;
        effect(move || {
            view.scroll_to_newest.track();
            if !std::mem::take(&mut is_first) {
                scroll.to_end();
            }
        });
        let visible =
            window_event_listener(ev::visibilitychange, move |_| scroll.mark_visible_read());
        let focused = window_event_listener(ev::focus, move |_| scroll.mark_visible_read());
        on_cleanup(move || {
            visible.remove();
            focused.remove();
        });
        scroll
    }

    pub fn on_scroll(self) {
        let Some(node) = scroller() else {
            return;
        };
        let at_end = -node.scroll_top() < NEAR_END;
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
        if self.is_moved.get_untracked() {
            return;
        }
        self.save_anchor(&node);
        self.load_more(&node);
        self.mark_visible_read();
    }

    fn on_rows_changed(self) {
        let Some(node) = scroller() else {
            return;
        };
        if !self.scroll_to_target() {
            self.restore_anchor(&node);
        }
        self.is_moved.set(false);
        self.save_anchor(&node);
        self.load_more(&node);
        self.mark_visible_read();
    }

    /// Scrolls to the message that was jumped to, once it has a row. The anchor is saved after it, so that
    /// a page which arrives next moves nothing.
    fn scroll_to_target(self) -> bool {
        let target = self.view.scroll_target.get_untracked();
        let row = target.and_then(|id| document().get_element_by_id(&format!("m-{id}")));
        let Some(row) = row else {
            return false;
        };
        self.view.scroll_target.set(None);
        self.at_end.set(false);
        row.scroll_into_view();
        true
    }

    /// Scrolls so that the anchor is where it was; not while the timeline follows its end.
    fn restore_anchor(self, node: &web_sys::Element) {
        let follows = self.at_end.get_untracked() && !self.has_newer();
        let Some((id, offset)) = self.anchor.get_untracked().filter(|_| !follows) else {
            return;
        };
        if let Some(row) = document().get_element_by_id(&id) {
            let moved = offset_in(node, &row) - offset;
            if moved.abs() >= 1.0 {
                #[allow(clippy::cast_possible_truncation, reason = "pixels of a page")]
                node.set_scroll_top(node.scroll_top() + moved.round() as i32);
            }
        }
    }

    /// Saves the first visible row as the anchor.
    fn save_anchor(self, node: &web_sys::Element) {
        let Ok(rows) = node.query_selector_all("[data-message]") else {
            return;
        };
        let anchor = (0..rows.length()).find_map(|index| {
            let row = wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(rows.item(index)?).ok()?;
            let offset = offset_in(node, &row);
            (offset >= 0.0).then(|| (row.id(), offset))
        });
        self.anchor.set(anchor);
    }

    fn load_more(self, node: &web_sys::Element) {
        let from_end = -node.scroll_top();
        let from_start = node.scroll_height() - node.client_height() - from_end;
        let (client, id) = (self.view.client, self.view.id);
        let has_older = client.store.with_untracked(|store| store.has_older(id));
        if from_start < NEAR_EDGE && has_older {
            self.load(async move { client.load_older(id).await.is_ok() });
        } else if from_end < NEAR_EDGE && self.has_newer() {
            self.load(async move { client.load_newer(id).await.is_ok() });
        }
    }

    fn load(self, page: impl Future<Output = bool> + 'static) {
        if self.loading.get_untracked() {
            return;
        }
        self.loading.set(true);
        spawn(async move {
            let loaded = page.await;
            self.loading.set(false);
            // After a failure the next scroll tries again, not the next frame.
            if loaded {
                request_animation_frame(move || self.on_rows_changed());
            }
        });
    }

    /// Marks all as read if the end is in view, in a visible window with the focus.
    fn mark_visible_read(self) {
        let Some(true) = self.at_end.try_get_untracked() else {
            return;
        };
        let has_attention = document().visibility_state() == web_sys::VisibilityState::Visible
            && document().has_focus().unwrap_or(false);
        if has_attention && !self.has_newer() {
            let (client, id) = (self.view.client, self.view.id);
            if let Some(position) = newest_position(client, id) {
                client.mark_read(id, position);
            }
        }
    }

    pub fn to_end(self) {
        let (client, id) = (self.view.client, self.view.id);
        let jump = move || {
            if let Some(node) = scroller() {
                // Before `on_rows_changed`, which would restore the anchor.
                self.at_end.set(true);
                node.set_scroll_top(0);
            }
        };
        if self.has_newer() {
            spawn(async move {
                if client.load_newest(id).await.is_ok() {
                    request_animation_frame(jump);
                }
            });
        } else {
            jump();
        }
    }

    fn has_newer(self) -> bool {
        self.view
            .client
            .store
            .with_untracked(|store| store.has_newer(self.view.id))
    }
}

/// The distance of a row's upper edge below that of the scroller, in pixels.
fn offset_in(node: &web_sys::Element, row: &web_sys::Element) -> f64 {
    row.get_bounding_client_rect().top() - node.get_bounding_client_rect().top()
}

fn newest_position(client: ChatClient, id: ConversationId) -> Option<i64> {
    client
        .store
        .with_untracked(|store| Some(store.summary(id)?.conversation.position))
        .filter(|position| *position > 0)
}
