//! Where the reader is in the timeline: kept when rows come and go, and told to the server.
//!
//! The scroller counts from its end (`column-reverse`): what is added to the past moves nothing,
//! and the end stays the end before any script runs.

use super::open::OpenMessages;
use crate::{
    live::spawn,
    signals::{Derived, Var, effect},
    store::RowKey,
};
use leptos::{ev, prelude::*};
use model::ConversationId;

/// So close to the end counts as being there.
const NEAR_END: i32 = 48;
/// So close to an edge of what is known, more is loaded.
const NEAR_EDGE: i32 = 900;

/// The id of the scroller.
pub const SCROLLER: &str = "timeline";

fn scroller() -> Option<web_sys::Element> {
    document().get_element_by_id(SCROLLER)
}

#[derive(Clone, Copy)]
pub struct Scroll {
    open: OpenMessages,
    pub at_end: Var<bool>,
    loading: Var<bool>,
    /// A row that is in view, and how far below the upper edge.
    anchor: Var<Option<(String, f64)>>,
}

impl Scroll {
    pub fn new(open: OpenMessages, rows: Derived<Vec<RowKey>>) -> Self {
        let scroll = Self {
            open,
            at_end: Var::new(true),
            loading: Var::new(false),
            anchor: Var::new(None),
        };
        effect(move || {
            rows.track();
            // The rows themselves are changed in the same turn, by another effect.
            request_animation_frame(move || scroll.settle());
        });
        let mut is_first = true;
        effect(move || {
            open.newest.track();
            if !std::mem::take(&mut is_first) {
                scroll.to_end();
            }
        });
        let visible = window_event_listener(ev::visibilitychange, move |_| scroll.seen());
        let focused = window_event_listener(ev::focus, move |_| scroll.seen());
        on_cleanup(move || {
            visible.remove();
            focused.remove();
        });
        scroll
    }

    /// The reader has scrolled.
    pub fn moved(self) {
        let Some(node) = scroller() else {
            return;
        };
        let at_end = -node.scroll_top() < NEAR_END;
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
        self.remember(&node);
        self.load_more(&node);
        self.seen();
    }

    /// The rows have changed.
    fn settle(self) {
        let Some(node) = scroller() else {
            return;
        };
        self.restore(&node);
        self.remember(&node);
        self.load_more(&node);
        self.seen();
    }

    /// Puts the row that the reader was looking at back to where it was.
    fn restore(self, node: &web_sys::Element) {
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

    fn remember(self, node: &web_sys::Element) {
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
        let (live, id) = (self.open.live, self.open.id);
        let has_older = live.store.with_untracked(|store| store.has_older(id));
        if from_start < NEAR_EDGE && has_older {
            self.load(async move { live.load_older(id).await.is_ok() });
        } else if from_end < NEAR_EDGE && self.has_newer() {
            self.load(async move { live.load_newer(id).await.is_ok() });
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
            // Without a connection the next scroll asks again, not the next frame.
            if loaded {
                request_animation_frame(move || self.settle());
            }
        });
    }

    /// What is in view, in a window that somebody looks at, is read.
    fn seen(self) {
        let Some(true) = self.at_end.try_get_untracked() else {
            return;
        };
        let looks = document().visibility_state() == web_sys::VisibilityState::Visible
            && document().has_focus().unwrap_or(false);
        if looks && !self.has_newer() {
            let (live, id) = (self.open.live, self.open.id);
            if let Some(position) = newest_position(live, id) {
                live.mark_read(id, position);
            }
        }
    }

    pub fn to_end(self) {
        let (live, id) = (self.open.live, self.open.id);
        let jump = move || {
            if let Some(node) = scroller() {
                // Before the rows settle, who would keep the reader where they were.
                self.at_end.set(true);
                node.set_scroll_top(0);
            }
        };
        if self.has_newer() {
            spawn(async move {
                if live.load_newest(id).await.is_ok() {
                    request_animation_frame(jump);
                }
            });
        } else {
            jump();
        }
    }

    fn has_newer(self) -> bool {
        self.open
            .live
            .store
            .with_untracked(|store| store.has_newer(self.open.id))
    }
}

/// How far the upper edge of a row is below that of the scroller.
fn offset_in(node: &web_sys::Element, row: &web_sys::Element) -> f64 {
    row.get_bounding_client_rect().top() - node.get_bounding_client_rect().top()
}

fn newest_position(live: crate::live::Live, id: ConversationId) -> Option<i64> {
    live.store
        .with_untracked(|store| Some(store.head(id)?.conversation.position))
        .filter(|position| *position > 0)
}
