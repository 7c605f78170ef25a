//! The text of a message: the HTML that the server has made of it. `ui/text_actions.rs` has what can be done in it.
//!
//! What people wrote is in the HTML as text, so a quotation mark or a bracket is of the server.

use crate::ui::{as_opened, escape_html};
use model::{Message, UserId};

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
    let html = html.replace(&mention, &own).replace(CODE_END, BUTTONS);
    as_opened(message.id.0, html)
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
