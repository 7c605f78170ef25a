//! Favorites are put in order by dragging them with a mouse: a line shows where one is dropped, Escape lets it go.
//! On screens for fingers, where a row that is pressed long opens its menu, that has the order, as for keys.

use crate::client::{ChatClient, spawn};
use leptos::{ev, prelude::*};
use model::ConversationId;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::Element;

const ROWS: &str = ".section-rows[aria-label=Favorites] > li";

/// Pixels that a mouse moves in a click.
const SLACK: i32 = 5;

/// Within so many pixels of its edge the list scrolls, and by so many with each move.
const NEAR_EDGE: f64 = 24.0;
const SCROLL_STEP: f64 = 12.0;

struct Drag {
    id: ConversationId,
    row: Element,
    start: i32,
    /// Whether it is more than a click.
    is_moving: bool,
    /// The row beside which it would be dropped, and whether after it.
    target: Option<(Element, bool)>,
}

thread_local! {
    static DRAG: RefCell<Option<Drag>> = const { RefCell::new(None) };
    /// Whether the next click is the end of a drag.
    static HAS_DRAGGED: Cell<bool> = const { Cell::new(false) };
}

/// For as long as the page is there.
pub fn listen_to_favorites(client: ChatClient) {
    window_event_listener(ev::pointerdown, |event| {
        HAS_DRAGGED.set(false);
        DRAG.set(begin(&event));
    });
    window_event_listener(ev::pointermove, |event| on_move(&event));
    window_event_listener(ev::pointerup, move |_| drop_favorite(client));
    window_event_listener(ev::pointercancel, |_| drop(end()));
    window_event_listener(ev::dragstart, |event| {
        // The browser would drag the link.
        if row_of(&event).is_some() {
            event.prevent_default();
        }
    });
    window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" && end().is_some_and(|drag| drag.is_moving) {
            event.prevent_default();
        }
    });
    // Before anything that opens the conversation.
    let on_click = Closure::<dyn Fn(ev::MouseEvent)>::new(|event: ev::MouseEvent| {
        if HAS_DRAGGED.take() {
            event.prevent_default();
            event.stop_propagation();
        }
    });
    let on_click = on_click.into_js_value();
    let _ =
        window().add_event_listener_with_callback_and_bool("click", on_click.unchecked_ref(), true);
}

fn begin(event: &ev::PointerEvent) -> Option<Drag> {
    if event.pointer_type() != "mouse" || event.button() != 0 {
        return None;
    }
    let row = row_of(event)?;
    Some(Drag {
        id: id_of(&row)?,
        row,
        start: event.client_y(),
        is_moving: false,
        target: None,
    })
}

/// The favorite that an event is in, unless it is in its button or menu.
fn row_of(event: &web_sys::Event) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("a").ok()??;
    link.closest(ROWS).ok()?
}

fn id_of(row: &Element) -> Option<ConversationId> {
    row.get_attribute("data-conversation")?.parse().ok()
}

fn on_move(event: &ev::PointerEvent) {
    if event.buttons() == 0 {
        // It was let go outside of the window.
        drop(end());
        return;
    }
    DRAG.with_borrow_mut(|drag| {
        let Some(drag) = drag else { return };
        if !drag.is_moving && (event.client_y() - drag.start).abs() < SLACK {
            return;
        }
        if !drag.is_moving {
            drag.is_moving = true;
            let _ = drag.row.set_attribute("data-dragged", "");
        }
        let y = f64::from(event.client_y());
        scroll_near_edge(&drag.row, y);
        unmark(drag);
        drag.target = target_at(&drag.row, y);
        if let Some((row, is_after)) = &drag.target {
            let side = if *is_after { "after" } else { "before" };
            let _ = row.set_attribute("data-drop", side);
        }
    });
}

/// Where a favorite would be dropped; `None` where it is already.
fn target_at(dragged: &Element, y: f64) -> Option<(Element, bool)> {
    let rows = document().query_selector_all(ROWS).ok()?;
    let rows = (0..rows.length()).filter_map(|at| rows.item(at)?.dyn_into().ok());
    let rows: Vec<Element> = rows.collect();
    let middle = |row: &Element| {
        let row = row.get_bounding_client_rect();
        row.top() + row.height() / 2.0
    };
    let place = rows.iter().position(|row| y < middle(row));
    let (row, is_after) = match place {
        Some(at) => (&rows[at], false),
        None => (rows.last()?, true),
    };
    let previous = place.unwrap_or(rows.len()).checked_sub(1);
    let is_here = row == dragged || previous.is_some_and(|at| &rows[at] == dragged);
    (!is_here).then(|| (row.clone(), is_after))
}

fn scroll_near_edge(row: &Element, y: f64) {
    let Ok(Some(list)) = row.closest(".conversations") else {
        return;
    };
    let view = list.get_bounding_client_rect();
    if y < view.top() + NEAR_EDGE {
        list.scroll_by_with_x_and_y(0.0, -SCROLL_STEP);
    } else if y > view.bottom() - NEAR_EDGE {
        list.scroll_by_with_x_and_y(0.0, SCROLL_STEP);
    }
}

fn unmark(drag: &Drag) {
    if let Some((row, _)) = &drag.target {
        let _ = row.remove_attribute("data-drop");
    }
}

fn end() -> Option<Drag> {
    let drag = DRAG.take()?;
    unmark(&drag);
    let _ = drag.row.remove_attribute("data-dragged");
    HAS_DRAGGED.set(drag.is_moving);
    Some(drag)
}

fn drop_favorite(client: ChatClient) {
    let Some(drag) = end() else { return };
    let Some((row, is_after)) = drag.target else {
        return;
    };
    let mut ids = client
        .store
        .with_untracked(|store| store.favorites().to_vec());
    ids.retain(|id| *id != drag.id);
    let place = id_of(&row).and_then(|target| ids.iter().position(|id| *id == target));
    if let Some(place) = place {
        ids.insert(place + usize::from(is_after), drag.id);
        // On failure the list does not change; the connection banner reports a lost connection.
        spawn(async move { drop(client.order_favorites(ids).await) });
    }
}
