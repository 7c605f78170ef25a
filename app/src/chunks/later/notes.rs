//! What this chunk adds to a box that messages are written in: the button that sends later, and above the box what
//! is scheduled, and what another device has written.

use super::{
    file_list::file_list,
    state::{Later, for_the_page},
    syncing::decide,
    tabs::Tab,
};
use crate::{
    erased_signal::{effect, memo},
    messages::text_box,
    store::DraftPlace,
    ui::{coming_text, show_if, svg_html},
};
use leptos::{
    ev, leptos_dom::helpers::TimeoutHandle, mount::mount_to, prelude::*, tachys::html::InertElement,
};
use model::{Draft, MessageId, ScheduledState};
use std::{any::Any, cell::RefCell, time::Duration};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement};

/// A finger that stays so long on the button that sends asks for a time.
const LONG_PRESS: Duration = Duration::from_millis(450);

const DOWN: &str = "M6 9l6 6 6-6";

/// What was added to a form, until the page drops it.
struct Added {
    form: Element,
    _mounted: Vec<Box<dyn Any>>,
}

thread_local! {
    static ADDED: RefCell<Vec<Added>> = const { RefCell::new(Vec::new()) };
    static PRESS: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

/// Adds it to the boxes of the page that have it not.
pub fn attach_all(later: Later) {
    let gone: Vec<_> = ADDED.with_borrow_mut(|all| {
        let is_gone = |it: &mut Added| !it.form.is_connected();
        all.extract_if(.., is_gone).collect()
    });
    drop(gone);
    let Some(id) = later.router.conversation_untracked() else {
        return;
    };
    attach(later, "composer", (id, None));
    if let Some(root) = open_thread() {
        attach(later, "thread-composer", (id, Some(root)));
    }
}

/// The root of the thread that is shown: the first message of its list.
pub fn open_thread() -> Option<MessageId> {
    let row = document().query_selector("li[id^='t-']").ok()??;
    row.id().strip_prefix("t-")?.parse().ok()
}

fn attach(later: Later, area: &str, place: DraftPlace) {
    let Some(form) = text_box(area).and_then(|area| area.closest("form").ok()?) else {
        return;
    };
    if ADDED.with_borrow(|all| all.iter().any(|it| it.form == form)) {
        return;
    }
    let find = |selector| form.query_selector(selector).ok().flatten();
    let parts = (find(".compose-bar"), find(".composer-box"), find(".send"));
    let (Some(bar), Some(around), Some(send)) = parts else {
        return;
    };
    let Ok(above) = document().create_element("div") else {
        return;
    };
    if form.insert_before(&above, Some(&around)).is_err() {
        return;
    }
    listen_to_long_press(later, &send, place);
    let mut mounted: Vec<Box<dyn Any>> = Vec::new();
    let bar: Option<HtmlElement> = bar.dyn_into().ok();
    if let Some(bar) = bar {
        mounted.push(Box::new(for_the_page(|| {
            mount_to(bar, move || later_button(later, place))
        })));
    }
    let above: Option<HtmlElement> = above.dyn_into().ok();
    if let Some(above) = above {
        mounted.push(Box::new(for_the_page(|| {
            mount_to(above, move || notes(later, place))
        })));
    }
    ADDED.with_borrow_mut(|all| {
        all.push(Added {
            form,
            _mounted: mounted,
        });
    });
}

/// Asks for a time, or says that nothing is written.
fn ask(later: Later, place: DraftPlace) {
    if later.client.has_written(place) {
        later.scheduling.set(Some(place));
    } else {
        later.without_text.set(Some(place));
        if let Some(area) = text_box(box_id(place)) {
            let _ = area.focus();
        }
    }
}

/// The id of the box of a place.
pub const fn box_id((_, thread): DraftPlace) -> &'static str {
    match thread {
        Some(_) => "thread-composer",
        None => "composer",
    }
}

fn later_button(later: Later, place: DraftPlace) -> AnyView {
    view! {
        <button
            type="button"
            class="icon-button compose-tool"
            aria-label="Send later"
            title="Send later"
            aria-haspopup="dialog"
            on:click=move |_| ask(later, place)
        >
            {InertElement::new(svg_html(DOWN))}
        </button>
    }
    .into_any()
}

/// On a screen for fingers, the button that sends asks for a time when it is pressed long.
fn listen_to_long_press(later: Later, send: &Element, place: DraftPlace) {
    fn end() -> bool {
        let pressed = PRESS.take();
        if let Some(timer) = &pressed {
            timer.clear();
        }
        pressed.is_some()
    }
    let pressed = Closure::<dyn Fn(ev::PointerEvent)>::new(move |event: ev::PointerEvent| {
        end();
        if event.pointer_type() == "touch" {
            let open = move || {
                PRESS.set(None);
                ask(later, place);
            };
            PRESS.set(set_timeout_with_handle(open, LONG_PRESS).ok());
        }
    });
    // A press that has asked for a time is no click.
    let released = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        if !end() && event.type_() == "touchend" {
            event.prevent_default();
        }
    });
    let menu = Closure::<dyn Fn(web_sys::Event)>::new(|event: web_sys::Event| {
        if PRESS.with_borrow(Option::is_some) {
            event.prevent_default();
        }
    });
    let listen = |name, listener: wasm_bindgen::JsValue| {
        let _ = send.add_event_listener_with_callback(name, listener.unchecked_ref());
    };
    listen("pointerdown", pressed.into_js_value());
    let released = released.into_js_value();
    listen("touchend", released.clone());
    listen("pointercancel", released);
    listen("contextmenu", menu.into_js_value());
}

fn notes(later: Later, place: DraftPlace) -> AnyView {
    view! {
        {text_note(later, place)}
        {scheduled_note(later, place)}
        {conflict_note(later, place)}
    }
    .into_any()
}

/// That there is nothing to send later, until something is written.
fn text_note(later: Later, place: DraftPlace) -> AnyView {
    effect(move || {
        later.looks.get();
        if later.without_text.get() == Some(place) && later.client.has_written(place) {
            later.without_text.set(None);
        }
    });
    show_if(move || {
        (later.without_text.get() == Some(place)).then(|| {
            view! { <p class="muted later-note" role="alert">"Write what is to be sent later first."</p> }
                .into_any()
        })
    })
}

/// How many messages are scheduled here, and when the first one goes.
fn scheduled_note(later: Later, (id, thread): DraftPlace) -> AnyView {
    let next = memo(move || {
        let scheduled = later.personal.with(crate::store::PersonalStore::scheduled);
        let mut here = scheduled.into_iter().filter(|it| {
            it.state == ScheduledState::Scheduled
                && it.conversation_id == id
                && it.thread_id == thread
        });
        let first = here.next()?;
        Some((first.send_at, here.count() + 1))
    });
    show_if(move || {
        let (at, count) = next.get()?;
        let when = coming_text(later.zone, at);
        let text = if count == 1 {
            format!("1 message is scheduled for {when}.")
        } else {
            format!("{count} messages are scheduled, the first one for {when}.")
        };
        Some(
            view! {
                <p class="muted later-note">
                    <span>{text}</span>
                    " "
                    <a href=Tab::Scheduled.path() on:click=move |event| show_scheduled(later, &event)>
                        "Show"
                    </a>
                </p>
            }
            .into_any(),
        )
    })
}

/// The router knows addresses without a query only.
fn show_scheduled(later: Later, event: &ev::MouseEvent) {
    let has_modifier = event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key();
    if !has_modifier {
        event.prevent_default();
        later.router.navigate(&Tab::Scheduled.path());
    }
}

/// What another device has written while something else was written here.
fn conflict_note(later: Later, place: DraftPlace) -> AnyView {
    let other = memo(move || {
        later.conflicts.with(|all| {
            let here = all
                .iter()
                .find(|it| (it.conversation_id, it.thread_id) == place);
            here.cloned()
        })
    });
    show_if(move || {
        let other: Draft = other.get()?;
        let (used, discarded) = (other.clone(), other.clone());
        let text = match (other.body.is_empty(), other.uploads.is_empty()) {
            (true, true) => "(only a reply)".to_owned(),
            (true, false) => "(only files)".to_owned(),
            (false, _) => other.body,
        };
        Some(
            view! {
                <section class="note note-offline" role="status" aria-label="Your other draft">
                    <p>"On another device you have written:"</p>
                    <p class="body item-body" dir="auto">{text}</p>
                    {file_list(&other.uploads)}
                    <div class="choice-buttons">
                        <button type="button" class="button" on:click=move |_| decide(later, &used, true)>
                            "Use it"
                        </button>
                        <button type="button" class="button" on:click=move |_| decide(later, &discarded, false)>
                            "Discard"
                        </button>
                    </div>
                </section>
            }
            .into_any(),
        )
    })
}
