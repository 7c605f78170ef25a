//! The text of a message: the HTML that the server has made of it, and what can be done in it.
//!
//! What people wrote is in the HTML as text, so a quotation mark or a bracket is of the server.

use crate::ui::{copy_text, escape_html};
use leptos::prelude::*;
use model::{Message, UserId};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// How long the button says that the code was copied.
const COPIED_DURATION: Duration = Duration::from_secs(2);

/// How a block of code ends, and how it does with its buttons.
const CODE_END: &str = "</pre></figure>";
const BUTTONS: &str = r#"</pre><div class="code-tools"><button type="button" data-act="code">Copy</button></div><button type="button" class="link code-fold" data-act="lines" aria-expanded="false">Show all</button></figure>"#;

/// The body as HTML, with the user's own mentions marked.
pub fn body_html(message: &Message, me: UserId) -> String {
    let Some(html) = &message.html else {
        return escape_html(&message.body);
    };
    let mention = format!(r#"class="mention" data-user="{me}""#);
    let own = format!(r#"class="mention mention-me" data-user="{me}""#);
    html.replace(&mention, &own).replace(CODE_END, BUTTONS)
}

/// Copies the block of code that a button belongs to.
pub fn copy_code(button: &Element) -> Option<()> {
    let figure = button.closest("figure").ok()??;
    let code = figure.query_selector("code").ok()??;
    copy_text(&code.text_content()?);
    let button = button.clone();
    button.set_inner_html("Copied");
    set_timeout(move || button.set_inner_html("Copy"), COPIED_DURATION);
    Some(())
}

/// Shows all lines of the block of code that a button belongs to, or only the first ones again.
pub fn fold_code(button: &Element) -> Option<()> {
    let figure = button.closest("figure").ok()??;
    let opens = button.get_attribute("aria-expanded").as_deref() == Some("false");
    let (class, expanded, label) = if opens {
        ("code", "true", "Show less")
    } else {
        ("code code-long", "false", "Show all")
    };
    figure.set_class_name(class);
    button.set_inner_html(label);
    let _ = button.set_attribute("aria-expanded", expanded);
    if !opens && figure.get_bounding_client_rect().top() < 0.0 {
        figure.scroll_into_view();
    }
    Some(())
}

/// Shows what the spoiler around an element hides. `None` if there is none, or if it is shown already.
pub fn show_spoiler(element: &Element) -> Option<()> {
    let spoiler = element.closest(".spoiler[role]").ok()??;
    spoiler.set_class_name("spoiler spoiler-shown");
    for attribute in ["role", "aria-label"] {
        let _ = spoiler.remove_attribute(attribute);
    }
    // It keeps the focus, but is no stop of the Tab key any more.
    let _ = spoiler.set_attribute("tabindex", "-1");
    Some(())
}

/// The element that an event came to.
pub fn target(event: &web_sys::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::body_html;
    use model::{Message, UserId};

    fn html(body: &str, html: Option<&str>) -> String {
        let message = serde_json::json!({
            "id": "1", "conversationId": "2", "position": 1, "seq": 1, "kind": "text", "body": body, "html": html,
            "sender": {"id": "3", "username": "ada", "name": "Ada", "avatarUrl": null}, "replyTo": null,
            "attachments": [], "reactions": [], "clientId": null, "createdAt": "2026-02-03T11:20:04Z",
            "editedAt": null, "deletedAt": null,
        });
        let message: Message = serde_json::from_value(message).unwrap();
        body_html(&message, UserId(7))
    }

    #[test]
    fn a_text_without_html_is_text() {
        assert_eq!(html("<b>a</b> & b", None), "&lt;b>a&lt;/b> &amp; b");
    }

    #[test]
    fn marks_the_own_mentions_and_gives_code_its_buttons() {
        let mention = |id, class| format!(r#"<span class="{class}" data-user="{id}">@x</span>"#);
        let written = format!("{} {}", mention(7, "mention"), mention(77, "mention"));
        let shown = format!(
            "{} {}",
            mention(7, "mention mention-me"),
            mention(77, "mention")
        );
        assert_eq!(html("", Some(&written)), shown);
        let code = html(
            "",
            Some(r#"<figure class="code"><pre><code>x</code></pre></figure>"#),
        );
        assert_eq!(code.matches("<button").count(), 2);
        assert!(code.ends_with("</figure>"));
    }
}
