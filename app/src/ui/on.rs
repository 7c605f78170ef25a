//! Event handlers of one type for each type of event, for the same reason as in `erased_view`.

use super::keys::is_composing;
use leptos::ev;

pub fn click(act: impl FnMut(ev::MouseEvent) + 'static) -> Box<dyn FnMut(ev::MouseEvent)> {
    Box::new(act)
}

/// A handler of `keydown`. It is not called for the keys of a composition.
pub fn key(mut act: impl FnMut(ev::KeyboardEvent) + 'static) -> Box<dyn FnMut(ev::KeyboardEvent)> {
    Box::new(move |event| {
        if !is_composing(&event) {
            act(event);
        }
    })
}

/// A handler of `input`, `change`, `scroll`, `close` or `cancel`.
pub fn input(act: impl FnMut(ev::Event) + 'static) -> Box<dyn FnMut(ev::Event)> {
    Box::new(act)
}

pub fn submit(act: impl FnMut(ev::SubmitEvent) + 'static) -> Box<dyn FnMut(ev::SubmitEvent)> {
    Box::new(act)
}

pub fn pointer(act: impl FnMut(ev::PointerEvent) + 'static) -> Box<dyn FnMut(ev::PointerEvent)> {
    Box::new(act)
}

pub fn focus(act: impl FnMut(ev::FocusEvent) + 'static) -> Box<dyn FnMut(ev::FocusEvent)> {
    Box::new(act)
}
