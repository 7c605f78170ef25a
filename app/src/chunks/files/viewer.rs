//! The pictures of a message, large, one at a time, in a dialog. A click on one of them opens it, wherever it is on the
//! page: the window listens, and the links have all that is shown.

use crate::{
    erased_signal::ErasedSignal,
    ui::{Dialog, is_some, svg_html},
};
use js_sys::Reflect;
use leptos::{ev, mount::mount_to_body, prelude::*, tachys::html::InertElement};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// A finger that has moved so many pixels to the side turns to the next picture.
const SWIPE_PX: i32 = 48;

const ENLARGE: &str = "M11 4a7 7 0 100 14 7 7 0 000-14zm5 12l4 4M8 11h6M11 8v6";
const DOWNLOAD: &str = "M12 4v11M7 11l5 5 5-5M5 20h14";

#[derive(Clone, PartialEq)]
struct Picture {
    address: String,
    name: String,
    /// As people read it.
    size: String,
    /// In pixels, if they are known.
    width: Option<String>,
    height: Option<String>,
    /// What is shown until it is there, as CSS has it: the thumbnail and the placeholder of the row.
    background: String,
}

/// The pictures of a message, and which of them is shown first.
type Shown = ErasedSignal<Option<(Vec<Picture>, usize)>>;

thread_local! {
    static IS_LISTENING: Cell<bool> = const { Cell::new(false) };
    /// Once the dialog is in the page, where it stays.
    static SHOWN: Cell<Option<Shown>> = const { Cell::new(None) };
}

/// From the first call on, for as long as the page is there.
pub fn listen() {
    if IS_LISTENING.replace(true) {
        return;
    }
    window_event_listener(ev::click, |event| {
        // With a key it is a link, which opens a tab.
        let has_key = event.ctrl_key() || event.meta_key() || event.shift_key();
        if !has_key && !event.default_prevented() && open(&event).is_some() {
            event.prevent_default();
        }
    });
}

fn open(event: &ev::MouseEvent) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("a.picture").ok()??;
    let all = link
        .parent_element()?
        .query_selector_all("a.picture")
        .ok()?;
    let links: Vec<Element> = (0..all.length())
        .filter_map(|at| all.item(at)?.dyn_into().ok())
        .collect();
    let at = links.iter().position(|it| *it == link)?;
    let shown = SHOWN.get().unwrap_or_else(add_dialog);
    shown.set(Some((links.iter().map(picture_of).collect(), at)));
    Some(())
}

fn picture_of(link: &Element) -> Picture {
    let find = |selector: &str| link.query_selector(selector).ok().flatten();
    let image = find("img:last-child");
    let name = image.as_ref().and_then(|it| it.get_attribute("alt"));
    let shown = image.and_then(|it| Reflect::get(&it, &"currentSrc".into()).ok()?.as_string());
    let placeholder = find("img:not(:last-child)").and_then(|it| it.get_attribute("src"));
    let layers = [shown, placeholder].into_iter().flatten();
    let layers: Vec<_> = layers.map(|it| format!("url(\"{it}\")")).collect();
    Picture {
        address: link.get_attribute("href").unwrap_or_default(),
        name: name.unwrap_or_default(),
        size: link.get_attribute("data-size").unwrap_or_default(),
        width: link.get_attribute("data-width"),
        height: link.get_attribute("data-height"),
        background: layers.join(", "),
    }
}

fn add_dialog() -> Shown {
    mount_to_body(|| {
        let shown = Shown::new(None);
        SHOWN.set(Some(shown));
        view! {
            <Dialog open=is_some(shown) title="Pictures">
                {shown.get_untracked().map(|(pictures, at)| viewer(pictures, at))}
            </Dialog>
        }
    });
    SHOWN.get().expect("the dialog is in the page")
}

fn viewer(pictures: Vec<Picture>, first: usize) -> AnyView {
    let count = pictures.len();
    let at = ErasedSignal::new(first);
    let is_large = ErasedSignal::new(false);
    let turn = move |by: isize| {
        let to = at
            .get_untracked()
            .checked_add_signed(by)
            .filter(|to| *to < count);
        if let Some(to) = to {
            at.set(to);
            is_large.set(false);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| match &*event.key() {
        "ArrowLeft" => turn(-1),
        "ArrowRight" => turn(1),
        _ => {}
    };
    // Whatever has the focus in the dialog.
    let keys = window_event_listener(ev::keydown, on_key);
    on_cleanup(move || keys.remove());
    let touched = StoredValue::new(None::<i32>);
    let on_touch = move |event: ev::PointerEvent| {
        touched.set_value((event.pointer_type() == "touch").then(|| event.client_x()));
    };
    let on_release = move |event: ev::PointerEvent| {
        let from = touched.try_update_value(Option::take).flatten();
        if let Some(from) = from.filter(|_| !is_large.get_untracked()) {
            match event.client_x() - from {
                moved if moved > SWIPE_PX => turn(-1),
                moved if moved < -SWIPE_PX => turn(1),
                _ => {}
            }
        }
    };
    let pictures = StoredValue::new(pictures);
    let picture = move || pictures.with_value(|all| all[at.get()].clone());
    view! {
        <div class="viewer">
            <div
                class="viewer-picture"
                class:viewer-large=move || is_large.get()
                on:pointerdown=on_touch
                on:pointerup=on_release
                on:click=move |_| is_large.update(|it| *it = !*it)
            >
                {move || image(picture())}
            </div>
            <div class="viewer-bar">
                {(count > 1).then(|| arrow("Previous picture", "M15 5l-7 7 7 7", move || at.get() == 0, move || turn(-1)))}
                {(count > 1).then(|| arrow("Next picture", "M9 5l7 7-7 7", move || at.get() + 1 == count, move || turn(1)))}
                <p class="viewer-name" role="status">{move || caption(&picture(), at.get(), count)}</p>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Original size"
                    title="Original size"
                    aria-pressed=move || is_large.get().to_string()
                    on:click=move |_| is_large.update(|it| *it = !*it)
                >
                    {InertElement::new(svg_html(ENLARGE))}
                </button>
                {move || {
                    let picture = picture();
                    view! {
                        <a class="icon-button" href=picture.address download=picture.name aria-label="Download" title="Download">
                            {InertElement::new(svg_html(DOWNLOAD))}
                        </a>
                    }
                }}
            </div>
        </div>
    }
    .into_any()
}

/// A picture, which is as large from the beginning as it will be.
fn image(picture: Picture) -> impl IntoView {
    let background = ErasedSignal::new(picture.background);
    view! {
        <img
            src=picture.address
            alt=picture.name
            width=picture.width
            height=picture.height
            draggable="false"
            style:background-image=move || background.get()
            // A picture that is seen through has nothing behind it.
            on:load=move |_| background.set("none".to_owned())
        />
    }
}

fn caption(picture: &Picture, at: usize, count: usize) -> String {
    let place = if count > 1 {
        format!("{} of {count}", at + 1)
    } else {
        String::new()
    };
    let parts = [&*picture.name, &*picture.size, &*place];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

fn arrow(
    label: &'static str,
    path: &str,
    is_last: impl Fn() -> bool + Send + Sync + 'static,
    turn: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button type="button" class="icon-button" aria-label=label title=label disabled=is_last on:click=move |_| turn()>
            {InertElement::new(svg_html(path))}
        </button>
    }
}
