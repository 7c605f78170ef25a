//! A modal dialog: the browser's own, which keeps the focus inside and gives it back.

use super::{Icon, icon};
use super::{on, shown};
use crate::signals::{Var, effect};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

/// What it shows is built when it opens and dropped when it closes.
#[component]
pub fn Dialog(open: Var<bool>, title: &'static str, children: ChildrenFn) -> impl IntoView {
    effect(move || {
        let open = open.get();
        let dialog = document().query_selector(&format!("dialog[aria-label='{title}']"));
        let Ok(Some(dialog)) = dialog.map(|it| it?.dyn_into::<HtmlDialogElement>().ok()) else {
            return;
        };
        if open && !dialog.open() {
            // It only fails for a dialog that is not in the page any more.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let on_click = move |event: ev::MouseEvent| {
        // The backdrop belongs to the dialog itself, all else to its content.
        let on_backdrop = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlDialogElement>().ok())
            .is_some();
        if on_backdrop {
            open.set(false);
        }
    };
    part! {
        <dialog
            class="dialog"
            aria-label=title
            on:close=on::input(move |_| open.set(false))
            on:click=on::click(on_click)
        >
            {shown(move || open.get().then(|| dialog_body(open, title, &children)))}
        </dialog>
    }
}

fn dialog_body(open: Var<bool>, title: &'static str, children: &ChildrenFn) -> AnyView {
    part! {
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
