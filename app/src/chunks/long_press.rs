//! A finger that stays on something opens its sheet.

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

/// A finger that stays so long, and moves less than `SLACK`, presses long.
const LONG_PRESS: Duration = Duration::from_millis(450);

/// Pixels that a finger moves without meaning it.
pub const SLACK: f64 = 10.0;

struct Pressed {
    timer: TimeoutHandle,
    /// Where the finger was put down.
    place: [i32; 2],
}

#[derive(Clone, Default)]
pub struct LongPress {
    /// A finger that is down, until it has pressed long.
    pressed: Rc<RefCell<Option<Pressed>>>,
    /// Whether the finger that is still down has opened something.
    has_opened: Rc<Cell<bool>>,
}

impl LongPress {
    /// Until what has called it is gone from the page.
    pub fn listen(&self) {
        let press = self.clone();
        let moved = window_event_listener(ev::pointermove, move |event| press.on_move(&event));
        let press = self.clone();
        let released = window_event_listener(ev::pointerup, move |_| press.end());
        let press = self.clone();
        let cancelled = window_event_listener(ev::pointercancel, move |_| press.end());
        // What is under the finger is not clicked when the finger goes.
        let press = self.clone();
        let lifted = window_event_listener_untyped("touchend", move |event| {
            if press.has_opened.replace(false) {
                event.prevent_default();
            }
        });
        on_cleanup(move || {
            moved.remove();
            released.remove();
            cancelled.remove();
            lifted.remove();
        });
    }

    /// For each `pointerdown`: `open` is called if it is that of a finger that stays.
    pub fn start(&self, event: &ev::PointerEvent, open: impl FnOnce() + 'static) {
        self.end();
        self.has_opened.set(false);
        if !is_finger(event) {
            return;
        }
        let press = self.clone();
        let act = move || {
            if press.pressed.take().is_some() {
                press.has_opened.set(true);
                open();
            }
        };
        let timer = set_timeout_with_handle(act, LONG_PRESS).ok();
        let place = [event.client_x(), event.client_y()];
        *self.pressed.borrow_mut() = timer.map(|timer| Pressed { timer, place });
    }

    fn on_move(&self, event: &ev::PointerEvent) {
        let is_away = self.pressed.borrow().as_ref().is_some_and(|pressed| {
            let [x, y] = pressed.place;
            let moved = [event.client_x() - x, event.client_y() - y];
            moved.iter().any(|it| f64::from(it.abs()) > SLACK)
        });
        if is_away {
            self.end();
        }
    }

    fn end(&self) {
        if let Some(pressed) = self.pressed.take() {
            pressed.timer.clear();
        }
    }
}

pub fn is_finger(event: &ev::PointerEvent) -> bool {
    event.pointer_type() == "touch" && event.is_primary()
}
