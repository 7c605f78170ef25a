//! The form that edits a message in place. Its text is kept at every key, and the form is built once:
//! what happens to its message meanwhile changes neither.

use crate::{
    client::{KeptEdit, spawn},
    erased_signal::{ErasedMemo, ErasedSignal, effect},
    error::AppError,
    messages::{
        ConversationView, byline, face, grow, is_send_key, own_sender, quote, reactions, text_box,
        use_conversation_view,
    },
    store::{Entry, MessageRow},
    ui::{dynamic_view, focus_first, has_modifier, note_in_words, on, once_built, show_if},
};
use leptos::{ev, prelude::*};
use model::{MessageId, Problem};
use std::sync::Arc;

const EDIT_ID: &str = "edit";

/// The bubble of an own message while it is edited. The parts beside the form change with the message.
pub fn editing_bubble(id: MessageId, row: ErasedMemo<Option<MessageRow>>) -> AnyView {
    let view = use_conversation_view();
    let message = move || {
        row.with(|row| match &row.as_ref()?.entry {
            Entry::Message(message) => Some(Arc::clone(message)),
            Entry::Outgoing(_) => None,
        })
    };
    let starts_group = untrack(|| row.with(|row| row.as_ref().is_some_and(|row| row.starts_group)));
    let me = own_sender(view);
    let by = untrack(message).map(|message| byline(&me, message.created_at, starts_group));
    let quote = show_if(move || message()?.reply_to.as_ref().map(quote));
    let chips = show_if(move || reactions(view, &message()?));
    any_view! {
        {face(&me, starts_group)}
        <div class="bubble-column">
            <div class="bubble">
                {by}
                {quote}
                <div class="said">{edit_form(id)}</div>
            </div>
            {chips}
        </div>
    }
}

/// An empty text asks to delete the message.
fn edit_form(id: MessageId) -> AnyView {
    let view = use_conversation_view();
    let problem = ErasedSignal::new(None::<Problem>);
    let saving = ErasedSignal::new(false);
    let asking = ErasedSignal::new(false);
    let original = view.message(id);
    // What the bar of the box asks for: a reply in a thread only, and what it said before.
    let aside = original.as_ref().and_then(|it| {
        let is_aside = it.thread_id.is_some() && !it.also_to_conversation;
        is_aside.then_some("")
    });
    let original = original.map(|it| it.body.clone()).unwrap_or_default();
    let value = match view.client.kept_edit(view.id, id) {
        Some(kept) => kept.text,
        None => original.clone(),
    };
    effect(focus_end);
    let save = move || save(view, id, problem, saving);
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save();
    };
    let on_key = move |event: ev::KeyboardEvent| {
        // Keys of the page, as Ctrl-K, are its own here too.
        if !has_modifier(&event) {
            event.stop_propagation();
        }
        if event.key() == "Escape" {
            // What was not changed is not kept, and goes without a question.
            if view.client.kept_edit(view.id, id).is_some() {
                asking.set(true);
            } else {
                view.stop_editing(id);
            }
        } else if is_send_key(&event) {
            event.prevent_default();
            save();
        }
    };
    any_view! {
        <form class="edit" data-aside=aside on:submit=on::submit(on_submit)>
            {note_in_words(problem)}
            <textarea
                id=EDIT_ID
                rows="1"
                dir="auto"
                aria-label="Edit message"
                enterkeyhint="enter"
                on:keydown=on::key(on_key)
                on:input=on::input(move |event| on_input(&event_target(&event), view, id))
                prop:defaultValue=original
                prop:value=value
            ></textarea>
            <div class="compose-bar"></div>
            {buttons(view, id, asking)}
        </form>
    }
}

/// The buttons of the form, or the question that stands in their place before a change is thrown away.
fn buttons(view: ConversationView, id: MessageId, asking: ErasedSignal<bool>) -> AnyView {
    let let_go = move |_| view.stop_editing(id);
    let go_on = move || {
        asking.set(false);
        if let Some(area) = text_box(EDIT_ID) {
            let _ = area.focus();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            go_on();
        }
    };
    dynamic_view(move || {
        if asking.get() {
            once_built(|| focus_first(".edit-question .button-quiet"));
            return any_view! {
                <div
                    class="form-end edit-question"
                    role="group"
                    aria-label="Throw away what you have changed?"
                    on:keydown=on::key(on_key)
                >
                    <p class="grow">"Throw away what you have changed?"</p>
                    <button type="button" class="button button-quiet" on:click=on::click(move |_| go_on())>
                        "Edit on"
                    </button>
                    <button type="button" class="button button-danger" on:click=on::click(let_go)>
                        "Throw away"
                    </button>
                </div>
            };
        }
        any_view! {
            <div class="form-end">
                <button type="button" class="button button-quiet" on:click=on::click(let_go)>
                    "Cancel"
                </button>
                <button class="button button-primary">"Save"</button>
            </div>
        }
    })
}

/// The text of the message as it is now.
fn body_of(view: ConversationView, id: MessageId) -> Option<String> {
    Some(view.message(id)?.body.clone())
}

fn focus_end() {
    let Some(area) = text_box(EDIT_ID) else {
        return;
    };
    grow(&area);
    let _ = area.focus();
    let end = u32::try_from(area.value().encode_utf16().count()).unwrap_or_default();
    let _ = area.set_selection_range(end, end);
}

fn on_input(area: &web_sys::HtmlTextAreaElement, view: ConversationView, id: MessageId) {
    grow(area);
    let text = area.value();
    let message = view.message(id);
    if message.as_ref().is_some_and(|message| message.body == text) {
        view.client.drop_edit(view.id, id);
        return;
    }
    let position = message.map_or(0, |message| message.position);
    let thread = view.thread;
    view.client.keep_edit(
        view.id,
        KeptEdit {
            id,
            position,
            text,
            thread,
        },
    );
}

/// What is typed while the server answers is edited on.
fn save(
    view: ConversationView,
    id: MessageId,
    problem: ErasedSignal<Option<Problem>>,
    saving: ErasedSignal<bool>,
) {
    let Some(area) = text_box(EDIT_ID).filter(|_| !saving.get_untracked()) else {
        return;
    };
    let body = area.value().trim().to_owned();
    if body.is_empty() {
        view.deleting.set(Some(id));
    } else if body_of(view, id).as_ref() == Some(&body) {
        view.stop_editing(id);
    } else {
        saving.set(true);
        spawn(async move {
            let result = view.client.edit_message(id, body.clone()).await;
            saving.set(false);
            // Of a form that is gone, this is what was kept.
            let written = match view.client.kept_edit(view.id, id) {
                Some(kept) => kept.text,
                None => body.clone(),
            };
            match result {
                Ok(()) if written.trim() == body => view.stop_editing(id),
                result => problem.set(result.err().map(|AppError(error)| error)),
            }
        });
    }
}
