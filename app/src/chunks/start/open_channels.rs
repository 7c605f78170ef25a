//! The list of public channels that the user can join.

use crate::{
    client::{spawn, use_client},
    erased_signal::{ErasedSignal, effect},
    finding::use_finding,
    page_context::DialogState,
    ui::{Icon, dynamic_attr, dynamic_view, kind_avatar, on},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationSummary};

/// Hidden if there are none.
pub fn open_channels(show: impl Fn(ConversationId) + Copy + Send + Sync + 'static) -> AnyView {
    let client = use_client();
    let channels = ErasedSignal::new(Vec::<ConversationSummary>::new());
    effect(move || {
        spawn(async move {
            let found = client
                .open_channels(String::new())
                .await
                .unwrap_or_default();
            channels.set(found);
        });
    });
    let rows = dynamic_view(move || {
        let rows = channels.get().into_iter();
        let rows: Vec<_> = rows.map(|summary| channel_row(&summary, show)).collect();
        rows.into_any()
    });
    let class = dynamic_attr(move || {
        if channels.with(Vec::is_empty) {
            "open-channels hidden"
        } else {
            "open-channels"
        }
    });
    let (finding, dialogs) = (use_finding(), expect_context::<DialogState>());
    let browse = move |_| {
        dialogs.new_conversation.set(false);
        finding.channels.set(true);
    };
    any_view! {
        <div class=class>
            <h3>"Open channels"</h3>
            <ul class="row-list">{rows}</ul>
            <button type="button" class="button only-scripted" on:click=on::click(browse)>
                "Browse all channels"
            </button>
        </div>
    }
}

fn channel_row(
    summary: &ConversationSummary,
    show: impl Fn(ConversationId) + Copy + 'static,
) -> AnyView {
    let client = use_client();
    let conversation = &summary.conversation;
    let id = conversation.id;
    let title = conversation.title.clone().unwrap_or_default();
    let join = move |_| {
        spawn(async move {
            if client.join_channel(id).await.is_ok() {
                show(id);
            }
        });
    };
    any_view! {
        <li class="row-item">
            {kind_avatar(Icon::Channel, conversation.picture_url.as_deref())}
            <div class="grow">
                <strong>{title.clone()}</strong>
                <p class="muted one-line">{conversation.description.clone()}</p>
            </div>
            <button type="button" class="button" aria-label=format!("Join {title}") on:click=on::click(join)>
                "Join"
            </button>
        </li>
    }
}
