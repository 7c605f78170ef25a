//! A modal dialog: the element `dialog`, which keeps the focus inside and restores it on closing. Its first
//! field gets the focus, or on screens for fingers the dialog itself where it has none.

use super::{
    back::close_by_back,
    erased_view::show_if,
    focus::{focus_field_soon, focus_if_lost, focused_row},
    icon::{Icon, icon},
    on,
};
use crate::erased_signal::{ErasedSignal, effect};
use leptos::{ev, prelude::*};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

/// The children are built when it opens and dropped when it closes. The title must be unique on the
/// page: it finds the element.
#[component]
pub fn Dialog(
    open: ErasedSignal<bool>,
    title: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    // The row that had the focus when it opened. The buttons of a row go with the pointer, and could not have it back.
    let mut row = None;
    effect(move || {
        let is_open = open.get();
        let dialog = document().query_selector(&format!("dialog[aria-label='{title}']"));
        let Ok(Some(dialog)) = dialog.map(|it| it?.dyn_into::<HtmlDialogElement>().ok()) else {
            return;
        };
        if is_open {
            close_by_back(Arc::new(move || open.set(false)));
        }
        if is_open && !dialog.open() {
            row = focused_row();
            // Fails only for a dialog that is no longer in the document.
            let _ = dialog.show_modal();
            // What is in it is built by then, or is a chunk that takes the focus when it comes.
            focus_field_soon(dialog.into(), String::new());
        } else if !is_open {
            dialog.close();
            if let Some(row) = row.take() {
                focus_if_lost(&row);
            }
        }
    });
    let on_press = move |event: ev::MouseEvent| {
        // The target of a press on the backdrop is the dialog itself. A selection that is dragged out of
        // the dialog ends in a click there, without a press. A form keeps what was written in it.
        let on_backdrop = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlDialogElement>().ok())
            .is_some_and(|dialog| matches!(dialog.query_selector("form"), Ok(None)));
        if on_backdrop {
            open.set(false);
        }
    };
    // The browser tells that it has closed a while after Escape, when another key may have been pressed. What is in it
    // may be cancelled, too, as the choice of a file.
    let on_cancel = move |event: ev::Event| {
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    let on_close = move |event: ev::Event| {
        // It may be open again by the time it is told to have closed.
        let dialog: HtmlDialogElement = event_target(&event);
        if !dialog.open() {
            open.set(false);
        }
    };
    any_view! {
        <dialog
            class="dialog"
            aria-label=title
            tabindex="-1"
            on:cancel=on::input(on_cancel)
            on:close=on::input(on_close)
            on:mousedown=on::click(on_press)
        >
            {show_if(move || open.get().then(|| dialog_body(open, title, &children)))}
        </dialog>
    }
}

fn dialog_body(open: ErasedSignal<bool>, title: &'static str, children: &ChildrenFn) -> AnyView {
    any_view! {
        <div class="dialog-body">
            <header class="dialog-header">
                <h2>{title}</h2>
                <button type="button" class="icon-button" aria-label="Close" on:click=on::click(move |_| open.set(false))>
                    {icon(Icon::Close)}
                </button>
            </header>
            {children()}
        </div>
    }
}

/// The state of a dialog that is open while something is set; closing it clears that.
pub fn is_some<T: Send + Sync + 'static>(what: ErasedSignal<Option<T>>) -> ErasedSignal<bool> {
    let open = ErasedSignal::new(false);
    effect(move || {
        let is_some = what.with(Option::is_some);
        if open.get_untracked() != is_some {
            open.set(is_some);
        }
    });
    effect(move || {
        if !open.get() && what.with_untracked(Option::is_some) {
            what.set(None);
        }
    });
    open
}
