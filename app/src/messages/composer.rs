//! The composer: a form that works without scripts, with drafts, keys and replies where they run.

use super::{
    conversation_view::{ConversationView, use_conversation_view},
    send_form::SendMessage,
    text_box::{grow, is_send_key, text_box, text_to_send},
};
use crate::{
    client::{record_typing, stop_typing},
    erased_signal::{ErasedSignal, effect, memo},
    page_context::PageContext,
    store::Key,
    ui::{
        Icon, any_problem_note, dynamic_attr, dynamic_view, escape_html, filled_in, form_action,
        has_modifier, has_pointer, icon, new_form_key, on, show_if, text_span,
    },
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{ConversationId, ConversationKind, ConversationSummary, Problem};

/// Stands for the text of a deleted message.
const DELETED: &str = "This message was deleted.";

const COMPOSER_ID: &str = "composer";

#[component]
pub fn Composer(id: ConversationId) -> impl IntoView {
    let client = use_conversation_view().client;
    let may_write = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
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
    follow_other_tabs(view);
    let send = move || send(view, problem);
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    any_view! {
        <form class="composer" method="post" action=form_action(SendMessage::url()) on:submit=on::submit(on_submit)>
            {any_problem_note(problem)}
            {hidden_edit(view)}
            {reply_preview(view)}
            <input type="hidden" name="conversation_id" value=id.to_string() />
            <input type="hidden" name="client_id" value=new_form_key() />
            <div class="composer-box">
                <textarea
                    id=COMPOSER_ID
                    name="body"
                    rows="1"
                    dir="auto"
                    required
                    aria-label="Message"
                    placeholder=dynamic_attr(move || placeholder(view))
                    autocomplete="off"
                    enterkeyhint="enter"
                    on:keydown=on::key(move |event| on_key(&event, view, send))
                    on:input=on::input(move |event| on_input(&event_target(&event), view))
                    on:blur=on::focus(move |_| stop_typing(id))
                    inner_html=text
                ></textarea>
                <div class="compose-bar"></div>
                <button class="send" aria-label="Send" title="Send">
                    {icon(Icon::Send)}
                </button>
            </div>
        </form>
    }
}

fn placeholder(view: ConversationView) -> String {
    view.client.store.with(&[Key::Head(view.id)], |store| {
        let summary = store.summary(view.id);
        let is_channel =
            summary.is_some_and(|it| it.conversation.kind == ConversationKind::Channel);
        let sign = if is_channel { "#" } else { "" };
        ["Message ", sign, store.title(view.id).unwrap_or_default()].concat()
    })
}

/// Restores the draft and focuses the composer.
fn restore_draft(view: ConversationView) {
    effect(move || {
        let Some(area) = text_box(COMPOSER_ID) else {
            return;
        };
        let (draft, typed) = (view.client.draft(view.id), area.value());
        if typed.is_empty() {
            area.set_value(&draft);
        } else if !typed.contains(&draft) {
            // It was typed, or refused, before the scripts came: neither text takes the other's place.
            area.set_value(&format!("{draft}\n{typed}"));
        }
        view.client.set_draft(view.id, &area.value());
        grow(&area);
        // Without focus on touch screens, whose keyboard would cover the messages.
        if has_pointer() {
            let _ = area.focus();
        }
    });
}

/// What is written in another tab is written here, too, unless something else is. Otherwise each would
/// take the place of the other's draft.
fn follow_other_tabs(view: ConversationView) {
    let listener = window_event_listener(ev::storage, move |event| {
        let Some(area) = text_box(COMPOSER_ID) else {
            return;
        };
        let quote = view.client.kept_quote(view.id);
        if view.replying.with_untracked(|shown| *shown != quote) {
            view.replying.set(quote);
        }
        let draft = view.client.draft(view.id);
        if area.value() == event.old_value().unwrap_or_default()
            && draft == event.new_value().unwrap_or_default()
        {
            area.set_value(&draft);
            grow(&area);
        }
    });
    on_cleanup(move || listener.remove());
}

fn send(view: ConversationView, problem: ErasedSignal<Option<Problem>>) {
    let Some((area, body)) = text_to_send(COMPOSER_ID, problem) else {
        return;
    };
    view.client
        .send_message(view.id, body, view.replying.get_untracked());
    stop_typing(view.id);
    view.client.set_draft(view.id, "");
    view.set_replying(None);
    view.unread_line.set(None);
    area.set_value("");
    grow(&area);
    let _ = area.focus();
    view.scroll_to_newest.set(());
}

/// Takes a refused message back into the composer, before what is there, with its quote if there is
/// none.
pub fn take_back(view: ConversationView, client_id: &str) {
    let Some(area) = text_box(view.composer_id()) else {
        return;
    };
    let Some(outgoing) = view.client.take_back_send(client_id) else {
        return;
    };
    let mut text = outgoing.body;
    if !area.value().trim().is_empty() {
        text = format!("{text}\n{}", area.value());
    }
    area.set_value(&text);
    view.set_draft(&text);
    if outgoing.reply_to.is_some() && view.replying.with_untracked(Option::is_none) {
        view.set_replying(outgoing.reply_to);
    }
    grow(&area);
    let _ = area.focus();
}

fn on_input(area: &web_sys::HtmlTextAreaElement, view: ConversationView) {
    let text = area.value();
    grow(area);
    view.client.set_draft(view.id, &text);
    if text.trim().is_empty() {
        stop_typing(view.id);
    } else {
        record_typing(view.id, view.thread);
    }
}

fn on_key(event: &ev::KeyboardEvent, view: ConversationView, send: impl Fn()) {
    let area: web_sys::HtmlTextAreaElement = event_target(event);
    if is_send_key(event) {
        event.prevent_default();
        send();
    } else if event.key() == "Escape" && view.replying.get_untracked().is_some() {
        view.set_replying(None);
    } else if event.key() == "ArrowUp"
        && area.value().is_empty()
        && !has_modifier(event)
        && let Some(id) = view.last_own_message()
    {
        event.prevent_default();
        view.start_editing(id);
    }
}

/// The message that is being replied to, above the text.
fn reply_preview(view: ConversationView) -> AnyView {
    let is_deleted = memo(move || {
        let Some(id) = view.replying.with(|reply| reply.as_ref().map(|it| it.id)) else {
            return false;
        };
        let store = view.client.store;
        store.with(&[Key::Message(id), Key::Rows(view.id)], |store| {
            let quoted = store.message(view.id, id);
            quoted.is_some_and(|message| message.deleted_at.is_some())
        })
    });
    show_if(move || {
        let reply = view.replying.get()?;
        let text = if is_deleted.get() {
            DELETED.to_owned()
        } else {
            reply.line().to_owned()
        };
        Some({
            any_view! {
                <div class="reply-preview">
                    {icon(Icon::Reply)}
                    <div class="grow one-line">
                        <span class="quote-name notranslate" dir="auto">{reply.sender.name}</span>
                        <span class="quote-text" dir="auto">{text_span(&text)}</span>
                    </div>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label="Do not reply"
                        on:click=on::click(move |_| view.set_replying(None))
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
            }
        })
    })
}

/// An edit in progress whose message is not among those that are loaded.
fn hidden_edit(view: ConversationView) -> AnyView {
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
