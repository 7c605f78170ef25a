//! The pictures of a message, large, one at a time.

use crate::{
    messages::ConversationView,
    ui::{Icon, icon, size_text, svg_html},
};
use leptos::{ev, html::Div, prelude::*, tachys::html::InertElement};
use model::{Attachment, AttachmentKind};

/// A finger that has moved so many pixels to the side turns to the next picture.
const SWIPE_PX: i32 = 48;

pub fn viewer(view: ConversationView) -> AnyView {
    let shown = view.viewing.get_untracked();
    let message = shown.as_ref().and_then(|(id, _)| view.message(*id));
    let pictures: Vec<Attachment> = message.map_or_else(Vec::new, |message| {
        let all = message.attachments.iter();
        all.filter(|it| it.kind == AttachmentKind::Image)
            .cloned()
            .collect()
    });
    let first = pictures
        .iter()
        .position(|it| shown.as_ref().is_some_and(|(_, id)| *id == it.id));
    let Some(first) = first else {
        return view! { <p>"This picture is not there any more."</p> }.into_any();
    };
    let count = pictures.len();
    let at = RwSignal::new(first);
    let is_large = RwSignal::new(false);
    let around = NodeRef::<Div>::new();
    // For the keys.
    Effect::new(move || {
        if let Some(around) = around.get() {
            let _ = around.focus();
        }
    });
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
        <div class="viewer" tabindex="-1" node_ref=around on:keydown=on_key>
            <div
                class="viewer-picture"
                class:viewer-large=move || is_large.get()
                on:pointerdown=on_touch
                on:pointerup=on_release
                on:click=move |_| is_large.update(|it| *it = !*it)
            >
                {move || {
                    let picture = picture();
                    view! { <img src=picture.url alt=picture.name draggable="false" /> }
                }}
            </div>
            <div class="viewer-bar">
                {(count > 1).then(|| arrow("Previous picture", "M15 5l-7 7 7 7", move || at.get() == 0, move || turn(-1)))}
                {(count > 1).then(|| arrow("Next picture", "M9 5l7 7-7 7", move || at.get() + 1 == count, move || turn(1)))}
                <p class="grow one-line" role="status">
                    {move || caption(&picture(), at.get(), count)}
                </p>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Original size"
                    title="Original size"
                    aria-pressed=move || is_large.get().to_string()
                    on:click=move |_| is_large.update(|it| *it = !*it)
                >
                    {icon(Icon::Search)}
                </button>
                {move || {
                    let picture = picture();
                    view! {
                        <a class="icon-button" href=picture.url download=picture.name aria-label="Download" title="Download">
                            {icon(Icon::Down)}
                        </a>
                    }
                }}
            </div>
        </div>
    }
    .into_any()
}

fn caption(picture: &Attachment, at: usize, count: usize) -> String {
    let size = picture
        .size
        .map(|size| format!(" · {}", size_text(size)))
        .unwrap_or_default();
    let place = if count > 1 {
        format!(" · {} of {count}", at + 1)
    } else {
        String::new()
    };
    format!("{}{size}{place}", picture.name)
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
