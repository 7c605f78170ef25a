//! An edit in progress whose message is not among those that are loaded, above the composer.

use crate::{
    erased_signal::memo,
    messages::ConversationView,
    ui::{Icon, icon, on, show_if},
};
use leptos::prelude::*;

pub fn hidden_edit(view: ConversationView) -> AnyView {
    let hidden = memo(move || {
        let id = view.editing.get()?;
        (!view.is_shown(id)).then_some(id)
    });
    show_if(move || {
        let id = hidden.get()?;
        let show = move |_| {
            if let Some(edit) = view.client.kept_edit(view.id, id) {
                view.jump_to(id, edit.position);
            }
        };
        Some(any_view! {
            <div class="reply-preview">
                {icon(Icon::Edit)}
                <p class="grow">"You have begun to edit a message."</p>
                <button type="button" class="link" on:click=on::click(show)>"Show it"</button>
            </div>
        })
    })
}
