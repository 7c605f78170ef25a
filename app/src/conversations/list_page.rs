//! The pages of the threads that the user follows, of what they have saved, and of what comes later. What is in them
//! comes in a chunk.

use crate::{
    title::set_title,
    ui::{Icon, icon},
};
use leptos::prelude::*;

pub fn list_page(title: &'static str, content: AnyView) -> AnyView {
    set_title(move || title.to_owned());
    any_view! {
        <section class="pane" aria-labelledby="list-title">
            <header class="pane-header">
                <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                    {icon(Icon::Back)}
                </a>
                <h2 id="list-title" class="grow">{title}</h2>
            </header>
            <div class="pane-body"><div class="sheet">{content}</div></div>
        </section>
    }
}
