//! The box for a reply in a thread, with its draft and the quote that it answers to.

use super::follow_button::follow_button;
use crate::{
    chunks::{LIVE, LivePart},
    client::{record_typing, stop_typing},
    erased_signal::{ErasedSignal, effect, memo},
    messages::{ConversationView, grow, is_send_key, text_box, text_to_send, tray},
    store::{Key, Outgoing},
    ui::{Icon, has_modifier, has_pointer, icon, on, problem_note, show_if},
};
use leptos::{ev, prelude::*};
use model::{ConversationKind, ConversationSummary, MessageId, Problem};

const BOX_ID: &str = "thread-composer";

pub fn reply_box(view: ConversationView, root: MessageId) -> AnyView {
    let may_write = memo(move || {
        view.client.store.with(&[Key::Head(view.id)], |store| {
            let summary = store.summary(view.id);
            summary.is_some_and(ConversationSummary::may_write)
        })
    });
    show_if(move || {
        Some(if may_write.get() {
            form(view, root)
        } else {
            view! { <p class="composer-closed">"Join the channel to reply in it."</p> }.into_any()
        })
    })
}

fn form(view: ConversationView, root: MessageId) -> AnyView {
    let problem = ErasedSignal::new(None::<Problem>);
    let also = ErasedSignal::new(false);
    effect(move || {
        if let Some(area) = text_box(BOX_ID) {
            area.set_value(&view.client.reply_draft(view.id, root));
            grow(&area);
            // Without focus on touch screens, whose keyboard would cover the replies.
            if has_pointer() {
                let _ = area.focus();
            }
        }
    });
    // Another tab or device may have added some, or sent them.
    let listener = window_event_listener(ev::storage, move |_| view.restore_files());
    on_cleanup(move || listener.remove());
    let send = move || send(view, root, also, problem);
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    let on_input = move |event: ev::Event| {
        let area: web_sys::HtmlTextAreaElement = event_target(&event);
        let text = area.value();
        grow(&area);
        view.client.set_reply_draft(view.id, root, &text);
        if text.trim().is_empty() {
            stop_typing(view.id);
        } else {
            record_typing(view.id, Some(root));
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if is_send_key(&event) {
            event.prevent_default();
            send();
        } else if event.key() == "Escape" && view.replying.with_untracked(Option::is_some) {
            event.stop_propagation();
            view.set_replying(None);
        } else if event.key() == "ArrowUp"
            && event_target_value(&event).is_empty()
            && !has_modifier(&event)
            && let Some(id) = view.last_own_message()
        {
            event.prevent_default();
            view.start_editing(id);
        }
    };
    let also_label = if kind(view) == Some(ConversationKind::Channel) {
        "Also send to the channel"
    } else {
        "Also send to the conversation"
    };
    view! {
        <form class="composer thread-composer" on:submit=on_submit>
            {problem_note(problem)}
            {show_if(move || {
                let is_reply = view.replying.with(Option::is_some);
                is_reply.then(|| LIVE.view(LivePart::Quote(view)))
            })}
            {tray(view)}
            <div class="composer-box">
                <textarea
                    id=BOX_ID
                    rows="1"
                    dir="auto"
                    aria-label="Reply in the thread"
                    placeholder="Reply in the thread"
                    autocomplete="off"
                    enterkeyhint="enter"
                    on:keydown=on::key(on_key)
                    on:input=on_input
                    on:blur=move |_| stop_typing(view.id)
                ></textarea>
                <div class="compose-bar"></div>
                <button class="send" aria-label="Send the reply" title="Send the reply">
                    {icon(Icon::Send)}
                </button>
            </div>
            <div class="thread-options">
                <label class="thread-also">
                    <input
                        type="checkbox"
                        prop:checked=move || also.get()
                        on:change=move |event| also.set(event_target_checked(&event))
                    />
                    {also_label}
                </label>
                {follow_button(view, root)}
            </div>
        </form>
    }
    .into_any()
}

fn kind(view: ConversationView) -> Option<ConversationKind> {
    view.client
        .store
        .with_untracked(|store| Some(store.summary(view.id)?.conversation.kind))
}

fn send(
    view: ConversationView,
    root: MessageId,
    also: ErasedSignal<bool>,
    problem: ErasedSignal<Option<Problem>>,
) {
    let (files, is_choosing) = (view.files.get_untracked(), view.is_choosing.get_untracked());
    let Some((area, body)) = text_to_send(BOX_ID, !files.is_empty(), is_choosing, problem) else {
        return;
    };
    let client = view.client;
    client.send(Outgoing {
        thread_id: Some(root),
        also_to_conversation: also.get_untracked(),
        ..client.new_message(view.id, body, view.replying.get_untracked(), files)
    });
    client.set_reply_draft(view.id, root, "");
    view.set_replying(None);
    view.set_files(String::new());
    view.unread_line.set(None);
    also.set(false);
    area.set_value("");
    grow(&area);
    let _ = area.focus();
    if let Some(rows) = document().get_element_by_id("thread-rows") {
        rows.set_scroll_top(0);
    }
}
