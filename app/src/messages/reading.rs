//! What has been read, and where the first unread message is. Read is what was seen: a row in view while
//! the window has the focus, and what is before it.

use super::{
    conversation_view::ConversationView,
    scroller::{message_of, rows_of, unread_line},
};
use crate::{client::is_seen, erased_signal::ErasedSignal, store::UnreadLine};
use leptos::prelude::*;

/// A row counts as seen with so many pixels of it in view, or all of it.
const SEEN_HEIGHT: f64 = 40.0;

/// Where something is that is not in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Above,
    Below,
}

#[derive(Clone, Copy)]
pub struct Reading {
    view: ConversationView,
    /// Where the line before the first unread message is, until it was seen.
    pub line: ErasedSignal<Option<Side>>,
    /// The line that was seen: what its position is after.
    seen_line: ErasedSignal<Option<i64>>,
}

impl Reading {
    pub fn new(view: ConversationView) -> Self {
        Self {
            view,
            line: ErasedSignal::new(None),
            seen_line: ErasedSignal::new(None),
        }
    }

    /// After whatever may have changed what is in view, or who looks at it.
    pub fn look(self, node: &web_sys::Element, is_end_shown: bool) {
        let has_attention = has_attention();
        let (store, line, id) = (self.view.client.store, self.view.unread_line, self.view.id);
        if store.with_untracked(|store| store.is_catching_up(id)) {
            return;
        }
        // What somebody has marked as unread stays so until the conversation is opened again.
        if has_attention && !store.with_untracked(|store| store.is_marked_unread(id)) {
            self.mark_seen(node, is_end_shown);
        }
        let before = line.get_untracked();
        let after = store.with_untracked(|store| store.unread_line(id, before));
        if after != before {
            line.set(after);
        }
        self.find_line(node, has_attention);
    }

    /// Before a jump to the newest message, by which all before it is read: the line goes to where reading stopped, and
    /// the way back to it is shown.
    pub fn stop_before_jump(self) {
        let (store, id) = (self.view.client.store, self.view.id);
        let line = store.with_untracked(|store| {
            let summary = store.summary(id).filter(|summary| summary.unread > 0)?;
            Some(UnreadLine::new(summary.read_position, summary.unread))
        });
        if line.is_some() {
            self.view.unread_line.set(line);
            self.seen_line.set(None);
        }
    }

    /// Marks as read what is in view and all before it; everything, where the last row is.
    fn mark_seen(self, node: &web_sys::Element, is_end_shown: bool) {
        let (client, id) = (self.view.client, self.view.id);
        let rows = rows_of(node);
        let bottom = node.get_bounding_client_rect().bottom();
        let is_seen = |row: &web_sys::Element| {
            let row = row.get_bounding_client_rect();
            row.top() + row.height().min(SEEN_HEIGHT) <= bottom + 1.0
        };
        let seen = rows.iter().rposition(is_seen);
        let is_all_seen = is_end_shown && seen.map_or(0, |last| last + 1) == rows.len();
        if self.note_stop(&rows, node, is_all_seen) {
            return;
        }
        let position = client.store.with_untracked(|store| {
            if is_all_seen {
                return Some(store.summary(id)?.conversation.position);
            }
            let message = store.message(id, message_of(&rows[seen?])?)?;
            Some(message.position)
        });
        if let Some(position) = position.filter(|position| *position > 0) {
            client.mark_read(id, position);
        }
    }

    /// Puts the line before the first unread message if so much came at once that not all of it is in view: what is
    /// in view is about to count as read. Whether it was missed while there was no connection, and begins above the view:
    /// then the line is gone to first.
    fn note_stop(
        self,
        rows: &[web_sys::Element],
        node: &web_sys::Element,
        is_all_seen: bool,
    ) -> bool {
        let (id, line) = (self.view.id, self.view.unread_line);
        let before = line.get_untracked();
        let (next, first_unread, missed) = self.view.client.store.with_untracked(|store| {
            let next = store.unread_line(id, before);
            let first = next.and_then(|line| store.timeline(id)?.at(line.after() + 1));
            (next, first.map(|message| message.id), store.missed(id))
        });
        let after = next.map(UnreadLine::after);
        if after == before.map(UnreadLine::after) {
            return false;
        }
        let top = node.get_bounding_client_rect().top();
        let row = rows.iter().find(|row| message_of(row) == first_unread);
        let is_above = row.is_none_or(|row| row.get_bounding_client_rect().top() < top);
        if is_above || !is_all_seen {
            line.set(next);
        }
        let is_missed = missed
            .zip(after)
            .is_some_and(|(missed, after)| after < missed.until);
        if is_above && is_missed {
            self.view.scroll_to_line.set(true);
        }
        is_above && is_missed
    }

    /// Where the line is, until somebody has seen it.
    fn find_line(self, node: &web_sys::Element, has_attention: bool) {
        let line = self.view.unread_line.get_untracked();
        let line = line.map(UnreadLine::after);
        let mut side = None;
        if let Some(after) = line.filter(|_| self.seen_line.get_untracked() != line) {
            side = self.side_of_line(node, after);
            if side.is_none() && has_attention {
                self.seen_line.set(line);
            }
        }
        if self.line.get_untracked() != side {
            self.line.set(side);
        }
    }

    /// `None` in view.
    fn side_of_line(self, node: &web_sys::Element, after: i64) -> Option<Side> {
        let Some(line) = unread_line(node) else {
            let (id, window) = (self.view.id, self.view.window.get_untracked());
            let first = self.view.client.store.with_untracked(|store| {
                let timeline = store.timeline(id)?;
                Some(window.within(timeline).first())
            });
            return Some(match first {
                Some(first) if first > after => Side::Above,
                _ => Side::Below,
            });
        };
        let (line, view) = (
            line.get_bounding_client_rect(),
            node.get_bounding_client_rect(),
        );
        if line.bottom() < view.top() {
            Some(Side::Above)
        } else if line.top() > view.bottom() {
            Some(Side::Below)
        } else {
            None
        }
    }
}

/// Whether somebody looks at the page, as far as it can know.
pub fn has_attention() -> bool {
    is_seen() && document().has_focus().unwrap_or(false)
}
