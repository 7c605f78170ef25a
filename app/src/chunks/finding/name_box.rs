//! The box above a list that is searched by name.

use crate::ui::{Icon, icon, on};
use leptos::prelude::*;

pub fn name_box(label: &'static str, on_text: impl Fn(String) + 'static) -> AnyView {
    any_view! {
        <div class="search-box">
            {icon(Icon::Search)}
            <input
                type="text"
                role="searchbox"
                placeholder=label
                aria-label=label
                autocomplete="off"
                spellcheck="false"
                on:input=on::input(move |event| on_text(event_target_value(&event)))
            />
        </div>
    }
}
