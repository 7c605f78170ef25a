//! Gestures on the messages of a screen for fingers: a long press opens the sheet of a message, a swipe to
//! the right replies to it. A tap is on what the finger was on.

use crate::{
    chunks::long_press::{LongPress, SLACK, is_finger},
    messages::{ConversationView, SCROLLER_ID, THREAD_SCROLLER_ID, use_conversation_view},
};
use leptos::{ev, prelude::*};
use model::MessageId;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement};

/// Pixels after which a swipe replies, and at which the row stops.
const SWIPE: f64 = 64.0;

struct Touch {
    id: MessageId,
    row: HtmlElement,
    start: (f64, f64),
    /// How far the row is moved.
    moved: f64,
}

#[derive(Clone, Default)]
struct Current {
    touch: Rc<RefCell<Option<Touch>>>,
    press: LongPress,
    /// What the finger was put on, until it clicks.
    pressed: Rc<RefCell<Option<HtmlElement>>>,
}

/// Listens while it is on the page; shows nothing.
pub fn message_touch() -> AnyView {
    let view = use_conversation_view();
    let current = Current::default();
    current.press.listen();
    let pressed = window_event_listener(ev::pointerdown, {
        let current = current.clone();
        move |event| on_press(&event, view, &current)
    });
    let moved = window_event_listener(ev::pointermove, {
        let current = current.clone();
        move |event| on_move(&event, &current)
    });
    let released = window_event_listener(ev::pointerup, {
        let current = current.clone();
        move |_| {
            if let Some(touch) = take(&current)
                && touch.moved >= SWIPE
                && let Some(message) = view.message(touch.id)
            {
                view.reply_to(&message);
            }
        }
    });
    // Before the click is anybody else's.
    let clicked = Closure::<dyn Fn(ev::MouseEvent)>::new({
        let current = current.clone();
        move |event: ev::MouseEvent| put_right(&event, &current)
    });
    let clicked: js_sys::Function = clicked.into_js_value().unchecked_into();
    let _ = window().add_event_listener_with_callback_and_bool("click", &clicked, true);
    let cancelled = window_event_listener(ev::pointercancel, move |_| drop(take(&current)));
    // A long press would open the menu of the browser, too.
    let menu = window_event_listener(ev::contextmenu, move |event| {
        if row_of(&event, view).is_some() {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        pressed.remove();
        moved.remove();
        released.remove();
        let _ = window().remove_event_listener_with_callback_and_bool("click", &clicked, true);
        cancelled.remove();
        menu.remove();
    });
    ().into_any()
}

fn on_press(event: &ev::PointerEvent, view: ConversationView, current: &Current) {
    drop(take(current));
    current.pressed.take();
    if !is_finger(event) {
        return;
    }
    let Some((id, row)) = row_of(event, view) else {
        return;
    };
    // The target may have been moved to what is near; the point has not.
    let point = [event.client_x(), event.client_y()];
    let [x, y] = point.map(|it| f32::from(i16::try_from(it).unwrap_or(i16::MAX)));
    let target = document().element_from_point(x, y);
    current
        .pressed
        .replace(target.and_then(|it| it.dyn_into().ok()));
    let is_live = view.message(id).is_some_and(|it| it.deleted_at.is_none());
    if !is_live || view.editing.get_untracked() == Some(id) {
        return;
    }
    current.press.start(event, {
        let current = current.clone();
        move || {
            drop(take(&current));
            view.sheet_for.set(Some(id));
        }
    });
    let start = (f64::from(event.client_x()), f64::from(event.client_y()));
    *current.touch.borrow_mut() = Some(Touch {
        id,
        row,
        start,
        moved: 0.0,
    });
}

/// Chromium moves a tap, from its `pointerdown` on, to something near it that can be pressed, such as the name above a
/// short message. It is of the message where the finger was not on the name.
fn put_right(event: &ev::MouseEvent, current: &Current) {
    let is_tap = event
        .dyn_ref::<ev::PointerEvent>()
        .is_some_and(|it| it.pointer_type() == "touch");
    let Some(pressed) = current.pressed.take().filter(|_| is_tap) else {
        return;
    };
    let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
    let marked = target.and_then(|it| it.closest("[data-user]").ok().flatten());
    if marked.is_some_and(|it| !it.contains(Some(&pressed))) {
        event.stop_immediate_propagation();
        event.prevent_default();
        pressed.click();
    }
}

fn on_move(event: &ev::PointerEvent, current: &Current) {
    let mut current = current.touch.borrow_mut();
    let Some(touch) = current.as_mut() else {
        return;
    };
    let across = f64::from(event.client_x()) - touch.start.0;
    let down = (f64::from(event.client_y()) - touch.start.1).abs();
    if down > across.abs() && touch.moved == 0.0 {
        return;
    }
    let moved = if across > SLACK {
        (across - SLACK).min(SWIPE)
    } else {
        0.0
    };
    touch.moved = moved;
    if reduces_motion() {
        return;
    }
    let style = HtmlElement::style(&touch.row);
    let _ = style.set_property("transform", &format!("translateX({moved}px)"));
}

/// Whether the user wants nothing to move: a swipe replies then without showing how far it is.
fn reduces_motion() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

/// Ends the touch: the row goes back to its place.
fn take(current: &Current) -> Option<Touch> {
    let touch = current.touch.borrow_mut().take()?;
    let _ = HtmlElement::style(&touch.row).remove_property("transform");
    Some(touch)
}

/// The message of the view around the target of an event, unless that is a field or a link of it.
fn row_of(event: &web_sys::Event, view: ConversationView) -> Option<(MessageId, HtmlElement)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let is_own = target
        .closest("textarea,input,a,.actions,.select-box")
        .ok()?
        .is_some();
    let scroller = match view.thread {
        Some(_) => THREAD_SCROLLER_ID,
        None => SCROLLER_ID,
    };
    let row = target.closest(&format!("#{scroller} li[data-message]"));
    let row = row.ok()?.filter(|_| !is_own)?;
    let id = row.get_attribute("data-message")?.parse().ok()?;
    Some((MessageId(id), row.dyn_into().ok()?))
}
