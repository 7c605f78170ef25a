//! The bubble of a message: sender, quote, body, attachments, time, delivery status, link previews, reactions.
//!
//! Its parts are HTML without handlers: a row has few nodes then, and is built in a fraction of the time.
//! The row handles the clicks on their buttons, by `data-act`, but for that of a link preview
//! (`client/link_previews.rs`).

use super::{
    conversation_view::{ConversationView, use_conversation_view},
    forwarded::forwarded,
    names::byline,
    poll::poll,
    quote::quote,
    reactions::reactions,
    text::body_html,
    thread_link::thread_link,
};
use crate::{
    chunks::{FilesPart, LIVE, LivePart},
    erased_signal::{ErasedMemo, ErasedSignal, memo},
    store::{DeliveryStatus, Key},
    ui::{Icon, clock_html, dynamic_attr, icon_html, use_zone},
};
use leptos::{prelude::*, tachys::html::InertElement};
use model::{Message, UserId};
use std::sync::Arc;

/// A message of more characters, or of more lines, is folded.
const MAX_CHARS_SHOWN: usize = 10_000;
const MAX_LINES_SHOWN: usize = 60;

pub fn bubble(message: Arc<Message>, starts_group: bool) -> AnyView {
    let view = use_conversation_view();
    let me = view.client.store.with_untracked(|store| store.me.user.id);
    let mine = message.sender.id == me;
    let chips = reactions(view, &message);
    let mut parts = vec![byline(&message.sender, message.created_at, starts_group)];
    parts.extend(forwarded(&message, view));
    // In a thread, the root is above all replies.
    let quoted = message.reply_to.as_ref();
    parts.extend(quoted.filter(|it| Some(it.id) != view.thread).map(quote));
    let thread = thread_link(&message, view);
    let mut said = body(&message, me, view);
    said.extend(poll(&message, view));
    // As the server has rendered them: texts of strangers are text there.
    let cards = message.link_previews_html.clone();
    said.push(meta(message, mine, view));
    parts.push(any_view! { <div class="said">{said}</div> });
    parts.extend(cards.map(|html| any_view! { <div class="link-cards" inner_html=html></div> }));
    any_view! {
        <div class="bubble-column">
            <div class="bubble">{parts}</div>
            {chips}
            {thread}
        </div>
    }
}

/// The attachments, the body, and the button that shows a long body in full.
fn body(message: &Arc<Message>, me: UserId, view: ConversationView) -> Vec<AnyView> {
    if message.deleted_at.is_some() {
        return vec![
            any_view! { <div class="body body-deleted" inner_html="This message was deleted."></div> },
        ];
    }
    let id = message.id;
    let is_long = is_long(&message.body);
    let is_folded = is_long && !view.unfolded.with(|unfolded| unfolded.contains(&id));
    let class = if is_folded {
        "body body-folded"
    } else {
        "body"
    };
    let mut parts = Vec::new();
    if !message.attachments.is_empty() {
        parts.push(attachments(message, view));
    }
    if !message.body.is_empty() || parts.is_empty() {
        let html = body_html(message, me);
        // The question names the group of its options.
        let question = message.poll.is_some();
        let question = question.then(|| view.question_id(id));
        parts.push(any_view! { <div class=class id=question dir="auto" inner_html=html></div> });
    }
    if is_long {
        let label = if is_folded { "Show all" } else { "Show less" };
        parts.push(any_view! {
            <button
                type="button"
                class="link fold"
                data-act="fold"
                aria-expanded=(!is_folded).to_string()
                inner_html=label
            ></button>
        });
    }
    parts
}

/// What the server has rendered stays as it is, because its code comes in a chunk. All of it is inert: when the row is
/// built anew around it, pictures are not loaded again, and a video goes on playing.
fn attachments(message: &Arc<Message>, view: ConversationView) -> AnyView {
    let row = format!("#{} [data-rendered]", view.row_id(message.id));
    let is_page = cfg!(target_family = "wasm");
    if is_page && matches!(document().query_selector(&row), Ok(Some(_))) {
        InertElement::new(r#"<div class="attachments"></div>"#).into_any()
    } else {
        let part = FilesPart::Attachments(ErasedSignal::new(Arc::clone(message)));
        LIVE.view(LivePart::Files(part))
    }
}

fn is_long(body: &str) -> bool {
    // No text has more characters than bytes.
    let has_many = body.len() > MAX_CHARS_SHOWN && body.chars().nth(MAX_CHARS_SHOWN).is_some();
    has_many || body.lines().nth(MAX_LINES_SHOWN).is_some()
}

fn meta(message: Arc<Message>, mine: bool, view: ConversationView) -> AnyView {
    let zone = use_zone();
    let is_edited = message.edited_at.is_some() && message.deleted_at.is_none();
    let edited = if is_edited { EDITED } else { "" };
    let is_pinned = message.pinned.is_some() && message.deleted_at.is_none();
    let pinned = is_pinned.then(|| mark("pinned", Icon::Pin, "Pinned"));
    let pinned = pinned.unwrap_or_default();
    let at = message.created_at;
    // How far the others have read a thread is told to themselves only.
    let has_status = mine && message.deleted_at.is_none() && message.is_in_main_line();
    let status = has_status.then(|| delivery_status(message, view));
    let html = dynamic_attr(move || {
        let ticks = status.and_then(ErasedMemo::get).map(ticks);
        format!(
            "{pinned}{edited}{}{}",
            clock_html(zone, at),
            ticks.unwrap_or_default()
        )
    });
    any_view! { <p class="meta notranslate" inner_html=html></p> }
}

const EDITED: &str = r#"<button type="button" class="edited" aria-label="Edited: show earlier wordings" data-act="history">edited</button>"#;

/// The status that the message shows: on the last own message that it holds for.
fn delivery_status(
    message: Arc<Message>,
    view: ConversationView,
) -> ErasedMemo<Option<DeliveryStatus>> {
    let keys = [Key::Receipts(view.id), Key::Head(view.id)];
    memo(move || {
        view.client
            .store
            .with(&keys, |store| store.shown_status(&message))
    })
}

fn ticks(status: DeliveryStatus) -> String {
    let (class, picture, label) = match status {
        DeliveryStatus::Sent => ("ticks", Icon::Check, "Sent"),
        DeliveryStatus::Delivered => ("ticks", Icon::CheckTwice, "Delivered"),
        DeliveryStatus::Read => ("ticks ticks-read", Icon::CheckTwice, "Read"),
    };
    mark(class, picture, label)
}

fn mark(class: &str, picture: Icon, label: &str) -> String {
    format!(
        r#"<span class="{class}" title="{label}">{}<span class="sr-only">{label}</span></span>"#,
        icon_html(picture)
    )
}

#[cfg(test)]
mod tests {
    use super::is_long;

    #[test]
    fn folds_beyond_sixty_lines_or_ten_thousand_characters() {
        assert!(!is_long(&"a\n".repeat(60)));
        assert!(is_long(&"a\n".repeat(61)));
        assert!(!is_long(&"é".repeat(10_000)));
        assert!(is_long(&"é".repeat(10_001)));
    }
}
