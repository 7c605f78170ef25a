//! The scroll position of the timeline, and the window that moves with it: what one reads stays where it
//! is to the pixel, whatever is added or dropped before or after it.
//!
//! The scroller counts from its end (`column-reverse`): rows that are added before the others move
//! nothing, and the page starts at the end before any script runs.

use super::{
    conversation_view::ConversationView,
    opening::Opening,
    reading::Reading,
    scroller::{
        from_end, from_start, is_at_end, message_of, row_of, rows_of, scroller, top_of, unread_line,
    },
};
use crate::{
    client::{keep_place, spawn},
    erased_signal::{ErasedMemo, ErasedSignal, effect, memo},
    store::{Key, MAX_ROWS, MIN_ROWS, Place, RowKey, Window},
};
use leptos::{ev, prelude::*, task::tick};
use wasm_bindgen::{JsCast, prelude::Closure};

/// Within so many pixels of an edge of the window it grows, and the next page is loaded if few are left.
const NEAR_EDGE: f64 = 600.0;
/// Rows are dropped at more than so many pixels out of view.
const FAR: f64 = 1.5 * NEAR_EDGE;

/// A page beyond the messages that are loaded.
enum NextPage {
    Older,
    Newer,
}

#[derive(Clone, Copy)]
pub struct Scroll {
    view: ConversationView,
    pub reading: Reading,
    pub at_end: ErasedSignal<bool>,
    loading: ErasedSignal<bool>,
    /// What stays where it is: the first message that begins in view. Scrolling saves it, with the scroll
    /// position: what one scrolls until the browser says so is no move of the rows.
    anchor: ErasedSignal<Option<(Place, i32)>>,
}

impl Scroll {
    pub fn new(view: ConversationView, rows: ErasedMemo<Vec<RowKey>>) -> Self {
        let place = match view.opening {
            Opening::Place(place) => Some(place),
            _ => None,
        };
        // A few unread messages are in view at the end.
        let at_end = match view.opening {
            Opening::End => true,
            Opening::Unread => view.window.get_untracked().follows(),
            Opening::Place(_) | Opening::Message(_) => false,
        };
        let scroll = Self {
            view,
            reading: Reading::new(view),
            at_end: ErasedSignal::new(at_end),
            loading: ErasedSignal::new(false),
            anchor: ErasedSignal::new(place.map(|place| (place, 0))),
        };
        let unread = memo(move || {
            view.client.store.with(&[Key::Head(view.id)], |store| {
                let summary = store.summary(view.id)?;
                let is_catching_up = store.is_catching_up(view.id);
                Some((summary.unread, summary.read_position, is_catching_up))
            })
        });
        effect(move || {
            rows.track();
            view.scroll_target.track();
            view.scroll_to_line.track();
            unread.track();
            scroll.after_rendering();
        });
        let mut is_first = true;
        effect(move || {
            view.scroll_to_newest.track();
            if std::mem::take(&mut is_first) {
                scroll.observe_height();
            } else {
                scroll.to_end();
            }
        });
        let visible = window_event_listener(ev::visibilitychange, move |_| scroll.look());
        let focused = window_event_listener(ev::focus, move |_| scroll.look());
        on_cleanup(move || {
            visible.remove();
            focused.remove();
        });
        scroll
    }

    /// The scroller, while it is that of this conversation.
    fn node(self) -> Option<web_sys::Element> {
        self.at_end.try_get_untracked()?;
        scroller()
    }

    /// Another effect of the same change updates the rows. After it, and before the next frame is painted,
    /// what one reads is put back where it was.
    fn after_rendering(self) {
        spawn(async move {
            tick().await;
            self.on_rows_changed();
        });
    }

    /// A row may grow after it was rendered, by a reaction or a narrower window. The observer is called
    /// before the frame is painted, and goes with the list that it observes.
    fn observe_height(self) {
        let Some(rows) = scroller().and_then(|node| node.first_element_child()) else {
            return;
        };
        let on_resize = Closure::<dyn Fn()>::new(move || {
            if let Some(node) = self.node() {
                self.restore_anchor(&node);
            }
        });
        let on_resize = on_resize.into_js_value();
        if let Ok(observer) = web_sys::ResizeObserver::new(on_resize.unchecked_ref()) {
            observer.observe(&rows);
        }
    }

    pub fn on_scroll(self) {
        let Some(node) = self.node() else {
            return;
        };
        self.find_end(&node);
        self.save_anchor(&node);
        self.move_window(&node);
        self.look();
    }

    fn on_rows_changed(self) {
        let Some(node) = self.node() else {
            return;
        };
        // An anchor that could be put back is kept: the next scroll saves another.
        let has_jumped = self.scroll_to_target() || self.scroll_to_line(&node);
        if has_jumped {
            self.find_end(&node);
        }
        if has_jumped || !self.restore_anchor(&node) {
            self.save_anchor(&node);
        }
        self.move_window(&node);
        self.look();
    }

    fn find_end(self, node: &web_sys::Element) {
        let at_end = is_at_end(node);
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
    }

    /// Marks as read what is in view, and finds the line before the first unread message.
    fn look(self) {
        if let Some(node) = self.node()
            && !self.view.is_jumping.get_untracked()
        {
            self.reading.look(&node, untrack(|| self.is_end_shown()));
        }
    }

    /// Scrolls to the message that was jumped to, once it has a row. The anchor is saved after it, so that
    /// a page which arrives next moves nothing.
    fn scroll_to_target(self) -> bool {
        let target = self.view.scroll_target.get_untracked();
        let Some(row) = target.and_then(row_of) else {
            return false;
        };
        self.view.scroll_target.set(None);
        self.view.is_jumping.set(false);
        row.scroll_into_view();
        true
    }

    /// Scrolls to the line before the first unread message, once it is there: as far up as what follows it
    /// allows.
    fn scroll_to_line(self, node: &web_sys::Element) -> bool {
        if !self.view.scroll_to_line.get_untracked() {
            return false;
        }
        let Some(line) = unread_line(node) else {
            return false;
        };
        self.view.scroll_to_line.set(false);
        line.scroll_into_view();
        true
    }

    /// Scrolls so that the anchor is where it was; not while the timeline follows its end. Returns false if
    /// there is no anchor.
    fn restore_anchor(self, node: &web_sys::Element) -> bool {
        if self.at_end.get_untracked() && untrack(|| self.is_end_shown()) {
            return true;
        }
        let Some((place, scroll_top)) = self.anchor.get_untracked() else {
            return false;
        };
        let Some(row) = row_of(place.message) else {
            return false;
        };
        // Where so many rows were dropped that the position is beyond the start, the browser has moved it.
        let limit = node.client_height() - node.scroll_height();
        let scrolled = if scroll_top < limit {
            0.0
        } else {
            f64::from(node.scroll_top() - scroll_top)
        };
        let moved = top_of(&row) - top_of(node) - place.offset + scrolled;
        if moved.abs() >= 0.5 {
            node.scroll_by_with_x_and_y(0.0, moved);
            let offset = place.offset - scrolled;
            let anchor = (Place { offset, ..place }, node.scroll_top());
            self.anchor.set(Some(anchor));
        }
        true
    }

    /// Saves the first message that begins in view as the anchor, or one that is longer than the view; and
    /// the place to return to, unless it is the end.
    fn save_anchor(self, node: &web_sys::Element) {
        let (top, height) = (top_of(node), f64::from(node.client_height()));
        let mut anchor = None;
        for row in rows_of(node) {
            let offset = top_of(&row) - top;
            if anchor.is_none() || offset < height {
                anchor = Some((row, offset));
            }
            if offset >= 0.0 {
                break;
            }
        }
        let anchor = anchor.and_then(|(row, offset)| {
            let message = message_of(&row)?;
            Some(Place { message, offset })
        });
        self.anchor
            .set(anchor.map(|place| (place, node.scroll_top())));
        let at_end = self.at_end.get_untracked() && untrack(|| self.is_end_shown());
        let place = anchor.filter(|_| !at_end);
        keep_place(self.view.id, place);
    }

    /// Lets the window grow where its edge is near, and loads the page beyond it if there is one. What is
    /// far behind is dropped.
    fn move_window(self, node: &web_sys::Element) {
        let (client, id) = (self.view.client, self.view.id);
        let before = self.view.window.get_untracked();
        let near_start = from_start(node) < NEAR_EDGE;
        let near_end = from_end(node) < NEAR_EDGE;
        let moved = client.store.with_untracked(|store| {
            let timeline = store.timeline(id)?;
            let now = before.within(timeline);
            let page = if near_start && store.has_older(id) && now.has_few_before(timeline) {
                Some(NextPage::Older)
            } else if near_end && store.has_newer(id) && now.has_few_after(timeline) {
                Some(NextPage::Newer)
            } else {
                None
            };
            let older = near_start.then(|| now.older(timeline)).flatten();
            let newer = near_end.then(|| now.newer(timeline)).flatten();
            let window = match older.or(newer) {
                Some(grown) => return Some((grown, true, page)),
                None if near_end && !store.has_newer(id) => now.following(),
                None if near_end => now,
                None => now.stopped(timeline),
            };
            Some((window, false, page))
        });
        let Some((window, has_grown, page)) = moved else {
            return;
        };
        let window = if has_grown {
            window
        } else {
            self.without_far_rows(node, window)
        };
        if window != before {
            // With what was scrolled since the last event: rows that come or go may move the scroll position.
            self.save_anchor(node);
            self.view.window.set(window);
        }
        match page {
            Some(NextPage::Older) => self.load(async move { client.load_older(id).await.is_ok() }),
            Some(NextPage::Newer) => self.load(async move { client.load_newer(id).await.is_ok() }),
            None => {}
        }
    }

    /// The window without the rows that are too many, at the end that is farther from the view.
    fn without_far_rows(self, node: &web_sys::Element, window: Window) -> Window {
        let rows = rows_of(node);
        if rows.len() <= MAX_ROWS {
            return window;
        }
        let excess = rows.len() - MIN_ROWS;
        let position = |row: &web_sys::Element| {
            let message = self.view.message(message_of(row)?)?;
            Some(message.position)
        };
        let view = node.get_bounding_client_rect();
        let (above, below) = (view.top() - FAR, view.bottom() + FAR);
        if from_start(node) > from_end(node) {
            let far = rows.iter().take(excess);
            let far = far.take_while(|row| row.get_bounding_client_rect().bottom() < above);
            let dropped = far.last().and_then(position);
            dropped.map_or(window, |position| window.from(position + 1))
        } else {
            let far = rows.iter().rev().take(excess);
            let far = far.take_while(|row| top_of(row) > below);
            let dropped = far.last().and_then(position);
            dropped.map_or(window, |position| window.to(position - 1))
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
            // With what was scrolled meanwhile. The page is in the store, and not yet in the document.
            if let Some(node) = self.node() {
                self.save_anchor(&node);
            }
            // After a failure the next scroll tries again, not the next frame.
            if loaded {
                self.after_rendering();
            }
        });
    }

    pub fn to_end(self) {
        let (client, id) = (self.view.client, self.view.id);
        let jump = move || {
            if let Some(node) = self.node() {
                self.reading.stop_before_jump();
                // Before `on_rows_changed`, which would restore the anchor.
                self.at_end.set(true);
                self.view.is_jumping.set(false);
                self.view.window.set(Window::NEWEST);
                keep_place(id, None);
                node.set_scroll_top(0);
            }
        };
        if self.has_newer() {
            spawn(async move {
                if client.load_newest(id).await.is_ok() {
                    jump();
                }
            });
        } else {
            jump();
        }
    }

    /// Whether the newest message has a row, and the next one will have one.
    pub fn is_end_shown(self) -> bool {
        let (id, window) = (self.view.id, self.view.window.get());
        let keys = [Key::Head(id), Key::Rows(id)];
        self.view.client.store.with(&keys, |store| {
            let timeline = store.timeline(id);
            timeline.is_some_and(|it| window.within(it).follows()) && !store.has_newer(id)
        })
    }

    fn has_newer(self) -> bool {
        self.view
            .client
            .store
            .with_untracked(|store| store.has_newer(self.view.id))
    }
}
