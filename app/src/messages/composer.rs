//! The composer: a form that works without scripts, and a good place to write with them.

use super::{
    SendMessage,
    open::{OpenMessages, use_open},
    text_box::{grow, is_send_key, text_box},
};
use crate::{
    conversations::First,
    signals::{Var, derived, effect},
    ui::{Icon, dynamic, escaped, filled_in, icon, on, problem_note, shown},
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{ConversationId, MessageKind};

const COMPOSER: &str = "composer";

#[component]
pub fn Composer(id: ConversationId) -> impl IntoView {
    let live = use_open().live;
    let may_write = derived(move || {
        live.store
            .with(|store| store.head(id).is_some_and(|head| head.role.is_some()))
    });
    dynamic(move || {
        if may_write.get() {
            form(id)
        } else {
            part! { <p class="composer-closed">"Join the channel to write in it."</p> }
        }
    })
}

fn form(id: ConversationId) -> AnyView {
    // Not a child of the box: an empty one would be painted as a space.
    let words = escaped(&filled_in("body"));
    let open = use_open();
    let problem = Var::new(expect_context::<First>().refused);
    restore_draft(open);
    let send = move || send(open);
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    part! {
        <form class="composer" method="post" action=SendMessage::url() on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            {reply_preview(open)}
            <input type="hidden" name="conversation_id" value=id.to_string() />
            <input type="hidden" name="client_id" value="" />
            <div class="composer-box">
                <textarea
                    id=COMPOSER
                    name="body"
                    rows="1"
                    dir="auto"
                    required
                    aria-label="Message"
                    placeholder="Write a message"
                    autocomplete="off"
                    enterkeyhint="send"
                    on:keydown=on::key(move |event| on_key(&event, open, send))
                    on:input=on::input(move |event| on_input(&event_target(&event), open))
                    on:blur=on::focus(move |_| open.live.stop_typing(id))
                    inner_html=words
                ></textarea>
                <button class="send" aria-label="Send" title="Send">
                    {icon(Icon::Send)}
                </button>
            </div>
        </form>
    }
}

fn restore_draft(open: OpenMessages) {
    effect(move || {
        let Some(area) = text_box(COMPOSER) else {
            return;
        };
        let draft = open.live.draft(open.id);
        if area.value().is_empty() && !draft.is_empty() {
            area.set_value(&draft);
        }
        grow(&area);
        // On a touch screen the keyboard would cover the messages.
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

fn send(open: OpenMessages) {
    let Some(area) = text_box(COMPOSER) else {
        return;
    };
    let body = area.value().trim().to_owned();
    if body.is_empty() {
        return;
    }
    open.live.send(open.id, body, open.replying.get_untracked());
    open.live.stop_typing(open.id);
    open.live.set_draft(open.id, "");
    open.replying.set(None);
    open.unread_after.set(None);
    area.set_value("");
    grow(&area);
    let _ = area.focus();
    open.newest.set(());
}

fn on_input(area: &web_sys::HtmlTextAreaElement, open: OpenMessages) {
    let text = area.value();
    grow(area);
    open.live.set_draft(open.id, &text);
    if text.trim().is_empty() {
        open.live.stop_typing(open.id);
    } else {
        open.live.typing(open.id);
    }
}

fn on_key(event: &ev::KeyboardEvent, open: OpenMessages, send: impl Fn()) {
    let area: web_sys::HtmlTextAreaElement = event_target(event);
    if is_send_key(event) {
        event.prevent_default();
        send();
    } else if event.key() == "Escape" && open.replying.get_untracked().is_some() {
        open.replying.set(None);
    } else if event.key() == "ArrowUp"
        && area.value().is_empty()
        && !event.alt_key()
        && let Some(id) = last_of_mine(open)
    {
        event.prevent_default();
        open.edit(id);
    }
}

fn last_of_mine(open: OpenMessages) -> Option<model::MessageId> {
    open.live.store.with_untracked(|store| {
        let me = store.me.user.id;
        let rows = store.rows(open.id, None, &|at| at.date());
        rows.iter().rev().find_map(|key| {
            let crate::store::Entry::Message(message) = store.row(open.id, key)?.entry else {
                return None;
            };
            let editable = message.sender.id == me
                && message.kind != MessageKind::System
                && message.deleted_at.is_none();
            editable.then_some(message.id)
        })
    })
}

/// What is being answered, above the text.
fn reply_preview(open: OpenMessages) -> AnyView {
    shown(move || {
        open.replying.get().map(|reply| {
            part! {
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
                        on:click=on::click(move |_| open.replying.set(None))
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
            }
        })
    })
}
