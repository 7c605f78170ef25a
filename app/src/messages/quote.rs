//! What a message replies to, above what it says.

use crate::ui::escape_html;
use leptos::prelude::*;
use model::Reply;

/// The message that is replied to; a click jumps to it.
pub fn quote(reply: &Reply) -> AnyView {
    let text = if reply.deleted_at.is_some() {
        "This message was deleted."
    } else {
        reply.line()
    };
    let html = format!(
        r#"<span class="sr-only">In reply to </span><span class="quote-name notranslate" dir="auto">{}</span><span class="quote-text" dir="auto">{}</span>"#,
        escape_html(&reply.sender.name),
        escape_html(text)
    );
    let act = format!("{} {}", reply.id, reply.position);
    any_view! { <button type="button" class="quote" data-act=act inner_html=html></button> }
}
