//! The composer: a form that works without scripts, with drafts, keys and replies where they run.

use super::{
    conversation_view::{ConversationView, use_conversation_view},
    send_form::SendMessage,
    text_box::{grow, is_send_key, text_box, text_to_send},
    tray::tray,
};
use crate::{
    chunks::{LIVE, LivePart},
    client::{record_typing, stop_typing},
    erased_signal::{ErasedSignal, effect, memo},
    page_context::PageContext,
    store::Key,
    ui::{
        Icon, any_problem_note, dynamic_attr, dynamic_view, escape_html, filled_in, form_action,
        has_modifier, has_pointer, icon, new_form_key, on, show_if,
    },
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{ConversationId, ConversationKind, ConversationSummary, Problem};

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
            {part_while(move || view.editing.get().is_some(), LivePart::HiddenEdit(view))}
            {part_while(move || view.replying.with(Option::is_some), LivePart::Quote(view))}
            {tray(view)}
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
        view.restore_files();
        if area.value() == event.old_value().unwrap_or_default() {
            // It may be newer than what the event tells.
            area.set_value(&view.client.draft(view.id));
            grow(&area);
        }
    });
    on_cleanup(move || listener.remove());
}

fn send(view: ConversationView, problem: ErasedSignal<Option<Problem>>) {
    let (files, is_choosing) = (view.files.get_untracked(), view.is_choosing.get_untracked());
    let Some((area, body)) = text_to_send(COMPOSER_ID, !files.is_empty(), is_choosing, problem)
    else {
        return;
    };
    let client = view.client;
    client.send(client.new_message(view.id, body, view.replying.get_untracked(), files));
    stop_typing(view.id);
    view.client.set_draft(view.id, "");
    view.set_replying(None);
    view.set_files(String::new());
    view.unread_line.set(None);
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

/// What the chunk of the live page shows above the text.
fn part_while(is_shown: impl Fn() -> bool + Send + 'static, part: LivePart) -> AnyView {
    show_if(move || is_shown().then(|| LIVE.view(part)))
}
