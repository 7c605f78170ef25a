//! The composer: a form that works without scripts, with drafts, keys and replies where they run.

use super::{
    conversation_view::{ConversationView, use_conversation_view},
    send_form::SendMessage,
    text_box::{grow, is_send_key, text_box},
};
use crate::{
    client::{record_typing, stop_typing},
    erased_signal::{ErasedSignal, effect, memo},
    page_context::PageContext,
    ui::{Icon, dynamic_view, escape_html, filled_in, icon, on, problem_note, show_if},
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{ConversationId, ConversationSummary, MessageKind};

const COMPOSER_ID: &str = "composer";

#[component]
pub fn Composer(id: ConversationId) -> impl IntoView {
    let client = use_conversation_view().client;
    let may_write = memo(move || {
        client.store.with(|store| {
            store
                .summary(id)
                .is_some_and(ConversationSummary::may_write)
        })
    });
    let closed = if id == ConversationId::ANNOUNCEMENTS {
        "Only administrators write announcements."
    } else {
        "Join the channel to write in it."
    };
    dynamic_view(move || {
        if may_write.get() {
            form(id)
        } else {
            any_view! { <p class="composer-closed">{closed}</p> }
        }
    })
}

fn form(id: ConversationId) -> AnyView {
    // `inner_html`, because Leptos renders an empty child as a space.
    let text = escape_html(&filled_in("body"));
    let view = use_conversation_view();
    let problem = ErasedSignal::new(expect_context::<PageContext>().form_error);
    restore_draft(view);
    let send = move || send(view);
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    any_view! {
        <form class="composer" method="post" action=SendMessage::url() on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            {reply_preview(view)}
            <input type="hidden" name="conversation_id" value=id.to_string() />
            <input type="hidden" name="client_id" value="" />
            <div class="composer-box">
                <textarea
                    id=COMPOSER_ID
                    name="body"
                    rows="1"
                    dir="auto"
                    required
                    aria-label="Message"
                    placeholder="Write a message"
                    autocomplete="off"
                    enterkeyhint="send"
                    on:keydown=on::key(move |event| on_key(&event, view, send))
                    on:input=on::input(move |event| on_input(&event_target(&event), view))
                    on:blur=on::focus(move |_| stop_typing(id))
                    inner_html=text
                ></textarea>
                <button class="send" aria-label="Send" title="Send">
                    {icon(Icon::Send)}
                </button>
            </div>
        </form>
    }
}

/// Restores the draft and focuses the composer.
fn restore_draft(view: ConversationView) {
    effect(move || {
        let Some(area) = text_box(COMPOSER_ID) else {
            return;
        };
        let draft = view.client.draft(view.id);
        if area.value().is_empty() && !draft.is_empty() {
            area.set_value(&draft);
        }
        grow(&area);
        // Without focus on touch screens, whose keyboard would cover the messages.
        let has_pointer = window()
            .match_media("(hover: hover)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches());
        if has_pointer {
            let _ = area.focus();
        }
    });
}

fn send(view: ConversationView) {
    let Some(area) = text_box(COMPOSER_ID) else {
        return;
    };
    let body = area.value().trim().to_owned();
    if body.is_empty() {
        return;
    }
    view.client
        .send_message(view.id, body, view.replying.get_untracked());
    stop_typing(view.id);
    view.client.set_draft(view.id, "");
    view.replying.set(None);
    view.unread_after.set(None);
    area.set_value("");
    grow(&area);
    let _ = area.focus();
    view.scroll_to_newest.set(());
}

fn on_input(area: &web_sys::HtmlTextAreaElement, view: ConversationView) {
    let text = area.value();
    grow(area);
    view.client.set_draft(view.id, &text);
    if text.trim().is_empty() {
        stop_typing(view.id);
    } else {
        record_typing(view.id);
    }
}

fn on_key(event: &ev::KeyboardEvent, view: ConversationView, send: impl Fn()) {
    let area: web_sys::HtmlTextAreaElement = event_target(event);
    if is_send_key(event) {
        event.prevent_default();
        send();
    } else if event.key() == "Escape" && view.replying.get_untracked().is_some() {
        view.replying.set(None);
    } else if event.key() == "ArrowUp"
        && area.value().is_empty()
        && !event.alt_key()
        && let Some(id) = last_editable_message(view)
    {
        event.prevent_default();
        view.start_editing(id);
    }
}

fn last_editable_message(view: ConversationView) -> Option<model::MessageId> {
    view.client.store.with_untracked(|store| {
        let me = store.me.user.id;
        let rows = store.rows(view.id, None, &|at| at.date());
        rows.iter().rev().find_map(|key| {
            let crate::store::Entry::Message(message) = store.row(view.id, key)?.entry else {
                return None;
            };
            let editable = message.sender.id == me
                && message.kind != MessageKind::System
                && message.deleted_at.is_none();
            editable.then_some(message.id)
        })
    })
}

/// The message that is being replied to, above the text.
fn reply_preview(view: ConversationView) -> AnyView {
    show_if(move || {
        view.replying.get().map(|reply| {
            any_view! {
                <div class="reply-preview">
                    {icon(Icon::Reply)}
                    <div class="grow one-line">
                        <span class="quote-name" dir="auto">{reply.sender.name}</span>
                        <span class="quote-text" dir="auto">{reply.body}</span>
                    </div>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label="Do not reply"
                        on:click=on::click(move |_| view.replying.set(None))
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
            }
        })
    })
}
