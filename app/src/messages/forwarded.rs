//! The line above a forwarded text: who has said it first, when, and where, if the user may see that.

use super::conversation_view::ConversationView;
use crate::{
    chunks::{FORWARD, ForwardPart},
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    store::ConnectionStatus,
    ui::{ago_html, dynamic_attr, escape_html, use_zone},
};
use leptos::prelude::*;
use model::Message;

pub fn forwarded(message: &Message, view: ConversationView) -> Option<AnyView> {
    let said = message.forwarded.as_ref()?;
    let (id, zone, at) = (message.id, use_zone(), said.at);
    let name = escape_html(&said.from.name);
    // The link to the original, as HTML. Nothing of it comes with the message: not everybody may know it.
    let origin = ErasedSignal::new(String::new());
    let status = view.client.connection_status();
    effect(move || {
        if status.get() == ConnectionStatus::Online {
            spawn(async move {
                if FORWARD.load().await.is_ok()
                    && let Some(show) = FORWARD.entry()
                {
                    drop(show(ForwardPart::Origin(view.client, id, origin)));
                }
            });
        }
    });
    let html = dynamic_attr(move || {
        format!(
            "Forwarded · <b><bdi>{name}</bdi></b> · {}{}",
            ago_html(zone, at),
            origin.get()
        )
    });
    Some(any_view! { <p class="forwarded notranslate" inner_html=html></p> })
}
