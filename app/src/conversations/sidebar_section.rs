//! One section of the sidebar: its heading, which folds it, and those of its rows that are near the visible
//! part of the list.

use super::sidebar_row::SidebarRow;
use crate::{
    client::use_client,
    erased_signal::{effect, memo},
    finding::use_finding,
    sidebar_sections::{Section, SidebarState},
    ui::{Icon, dynamic_attr, icon, keyed_list, on, show_if},
};
use leptos::prelude::*;
use model::ConversationId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

pub fn section(section: Section) -> AnyView {
    let client = use_client();
    let state = expect_context::<SidebarState>();
    let name = section.name();
    let shown = memo(move || state.shown(section));
    let facts = memo(move || {
        state.sections.with(|sections| {
            let rows = &sections[section as usize];
            (rows.is_shown(), rows.is_folded, rows.unread)
        })
    });
    // In place of the rows that are not on the page. A style of the element, which scripts may set.
    effect(move || {
        let (before, after) = shown.with(|(_, before, after)| (*before, *after));
        set_space(name, [before, after], state.row_height.get());
    });
    let class = dynamic_attr(move || if facts.get().0 { "section" } else { "hidden" });
    let expanded = dynamic_attr(move || (!facts.get().1).to_string());
    let unread = show_if(move || {
        let (_, is_folded, unread) = facts.get();
        (is_folded && unread > 0).then(|| {
            any_view! { <span class="badge notranslate">{unread.to_string()} <span class="sr-only">" unread"</span></span> }
        })
    });
    let finding = use_finding();
    let browse = match section {
        Section::Channels => Some(("Browse channels", finding.channels)),
        Section::People => Some(("Find people", finding.people)),
        _ => None,
    };
    let browse = browse.map(|(label, dialog)| {
        any_view! {
            <button
                type="button"
                class="section-browse only-scripted"
                aria-label=label
                title=label
                on:click=on::click(move |_| dialog.set(true))
            >
                {icon(Icon::Plus)}
            </button>
        }
    });
    any_view! {
        <div class=class>
            <button
                type="button"
                class="section-name"
                aria-expanded=expanded
                on:click=on::click(move |_| state.choices.set(client.toggle_folded(name)))
            >
                {icon(Icon::Fold)}
                <span class="grow">{name}</span>
                {unread}
            </button>
            {browse}
            <ul class="section-rows" aria-label=name>
                {keyed_list(
                    move || shown.with(|(ids, ..)| ids.clone()),
                    ConversationId::to_string,
                    |id| any_view! { <SidebarRow id=*id /> },
                )}
            </ul>
        </div>
    }
}

/// It measures nothing: the rows have changed by now, and a list that is laid out without its space jumps.
fn set_space(name: &str, [before, after]: [usize; 2], row_height: f64) {
    let rows = document().query_selector(&format!(".section-rows[aria-label={name}]"));
    let Some(rows) = rows.ok().flatten() else {
        return;
    };
    let Some(rows) = rows.dyn_ref::<HtmlElement>() else {
        return;
    };
    let style = HtmlElement::style(rows);
    for (side, count) in [("padding-top", before), ("padding-bottom", after)] {
        // The browser writes the number. Rust's text of a float is 5 kB of code.
        #[allow(clippy::cast_precision_loss, reason = "a list has few thousand rows")]
        let space = js_sys::Number::from(count as f64 * row_height).to_string_with_radix(10);
        let space = space.map_or_else(|_| String::new(), String::from);
        let _ = style.set_property(side, &format!("{space}px"));
    }
}

/// Moves the window to where the list is scrolled. The height of a row depends on the previews and the screen.
pub fn follow_scroll(list: &Element, state: SidebarState) {
    let row = list.query_selector(".section-rows > li").ok().flatten();
    let measured = row.map(|row| row.get_bounding_client_rect().height());
    let known = state.row_height.get_untracked();
    let height = measured.filter(|height| *height > 0.0).unwrap_or(known);
    if (height - known).abs() > 0.1 {
        state.row_height.set(height);
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixels of a page, from 0"
    )]
    let rows = |pixels: i32| (f64::from(pixels.max(0)) / height) as usize;
    state.scroll_to(rows(list.scroll_top()), rows(list.client_height()));
}
