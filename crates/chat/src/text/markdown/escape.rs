//! Text as HTML.

use crate::text::mentions::Whom;
use model::Wildcard;
use std::fmt::Write;

/// Appends a text, so that it is text in an element and in an attribute between double quotes.
pub fn push_escaped(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        html.push_str(&rest[..at]);
        html.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    html.push_str(rest);
}

/// Appends the beginning of a link. It leads to another site, which does not learn where it was.
pub fn push_link(html: &mut String, address: &str, title: Option<&str>) {
    html.push_str("<a href=\"");
    push_escaped(html, address);
    if let Some(title) = title {
        html.push_str("\" title=\"");
        push_escaped(html, title);
    }
    html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
}

/// Appends the beginning of a link to a conversation, which is shown in the page that the link is in.
pub fn push_conversation_link(html: &mut String, path: &str) {
    html.push_str("<a href=\"");
    push_escaped(html, path);
    html.push_str("\">");
}

/// Appends where a link leads in truth, after its text. Marks of direction in the text do not reach it.
pub fn push_target(html: &mut String, target: &str) {
    html.push_str(" <bdi>(");
    push_escaped(html, target);
    html.push_str(")</bdi>");
}

/// Appends the beginning of a mention.
pub fn push_mention(html: &mut String, whom: Whom) {
    // Writing to a string does not fail.
    let _ = match whom {
        Whom::User(id) => write!(html, "<span class=\"mention\" data-user=\"{id}\">"),
        Whom::Many(Wildcard::All) => write!(html, "<span class=\"mention\" data-who=\"all\">"),
        Whom::Many(Wildcard::Here) => write!(html, "<span class=\"mention\" data-who=\"here\">"),
    };
}
