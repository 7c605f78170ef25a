//! A menu that opens beside its button, and the entries that it shares with the sheet on screens for fingers.

use super::{
    focus::once_built,
    icon::{Icon, icon},
    menu::{move_in_menu, place_menu},
    on,
};
use crate::erased_signal::effect;
use leptos::{ev, prelude::*};
use std::{borrow::Cow, sync::Arc};
use wasm_bindgen::JsCast;

pub struct MenuItem {
    icon: Icon,
    label: Cow<'static, str>,
    /// Shown as something that cannot be taken back.
    is_danger: bool,
    /// Called after the menu has closed.
    act: Box<dyn Fn()>,
}

impl MenuItem {
    pub fn new(icon: Icon, label: impl Into<Cow<'static, str>>, act: impl Fn() + 'static) -> Self {
        Self {
            icon,
            label: label.into(),
            is_danger: false,
            act: Box::new(act),
        }
    }

    #[must_use]
    pub fn danger(self) -> Self {
        Self {
            is_danger: true,
            ..self
        }
    }
}

/// How a menu closes. The focus goes back to its button if it was in the menu.
pub type Close = Arc<dyn Fn() + Send + Sync>;

/// Where a menu is.
#[derive(Clone, Copy)]
pub struct PopupPlace {
    pub label: &'static str,
    pub class: &'static str,
    /// The selectors of the menu and of its button.
    pub menu: &'static str,
    pub button: &'static str,
}

/// Arrow keys move the focus, Escape and Tab close it, and so do a press elsewhere and scrolling, which call
/// `dismiss`: the focus stays where they put it.
pub fn popup_menu(
    place: PopupPlace,
    items: Vec<MenuItem>,
    close: &Close,
    dismiss: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    effect(move || once_built(move || place_menu(place.menu, place.button)));
    close_on_press_elsewhere(place, dismiss);
    let entries = menu_entries(items, Some("menuitem"), close);
    let close = Arc::clone(close);
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" || event.key() == "Tab" {
            event.prevent_default();
            event.stop_propagation();
            close();
        } else {
            move_in_menu(&event, place.menu);
        }
    };
    any_view! {
        <div class=place.class role="menu" aria-label=place.label on:keydown=on::key(on_key)>
            {entries}
        </div>
    }
}

/// The entries of a menu, or of a sheet, where they have no role.
pub fn menu_entries(
    items: Vec<MenuItem>,
    role: Option<&'static str>,
    close: &Close,
) -> Vec<AnyView> {
    let entry = |item: MenuItem| {
        let class = if item.is_danger {
            "menu-item danger"
        } else {
            "menu-item"
        };
        let close = Arc::clone(close);
        any_view! {
            <button type="button" class=class role=role on:click=on::click(move |event| {
                event.stop_propagation();
                // The focus is where it was before: what the entry opens gives it back to there.
                close();
                (item.act)();
            })>
                {icon(item.icon)}
                {item.label}
            </button>
        }
    };
    items.into_iter().map(entry).collect()
}

fn close_on_press_elsewhere(place: PopupPlace, dismiss: impl Fn() + Copy + Send + Sync + 'static) {
    let near = format!("{},{}", place.menu, place.button);
    let pressed = window_event_listener(ev::pointerdown, move |event| {
        let target: Option<web_sys::Element> = event.target().and_then(|it| it.dyn_into().ok());
        if !target.is_some_and(|target| matches!(target.closest(&near), Ok(Some(_)))) {
            dismiss();
        }
    });
    let turned = window_event_listener(ev::wheel, move |_| dismiss());
    on_cleanup(move || {
        pressed.remove();
        turned.remove();
    });
}
