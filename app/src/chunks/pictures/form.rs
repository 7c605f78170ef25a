//! The picture of a group or a channel, beside its name. What is chosen is cut first (`listen.rs`).

use crate::{
    client::{spawn, use_client},
    erased_signal::{ErasedSignal, memo},
    error::AppError,
    store::Key,
    ui::{Icon, any_problem_note, dynamic_view, kind_avatar, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, Problem};

pub fn picture_form(id: ConversationId) -> AnyView {
    let client = use_client();
    let shown = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            let conversation = &store.summary(id)?.conversation;
            Some((conversation.kind, conversation.picture_url.clone()))
        })
    });
    let problem = ErasedSignal::new(None::<Problem>);
    let remove = move |_| {
        problem.set(None);
        spawn(async move {
            if let Err(AppError(error)) = client.remove_conversation_picture(id).await {
                problem.set(Some(error));
            }
        });
    };
    let now = dynamic_view(move || match shown.get() {
        Some((kind, url)) => {
            let icon = match kind {
                ConversationKind::Channel => Icon::Channel,
                ConversationKind::Announcements => Icon::Announcements,
                _ => Icon::Group,
            };
            kind_avatar(icon, url.as_deref())
        }
        None => ().into_any(),
    });
    let removal = show_if(move || {
        shown.get()?.1?;
        Some(
            view! {
                <button type="button" class="button" on:click=remove>
                    "Remove the picture"
                </button>
            }
            .into_any(),
        )
    });
    view! {
        <div class="picture-form" data-picture=format!("/conversations/{id}/picture")>
            <span class="picture-now">{now}</span>
            <div class="grow">
                {any_problem_note(problem)}
                <div class="field">
                    <label for="field-picture">"Choose a picture"</label>
                    <input
                        id="field-picture"
                        type="file"
                        accept="image/png,image/jpeg,image/webp"
                    />
                </div>
                {removal}
            </div>
        </div>
    }
    .into_any()
}
