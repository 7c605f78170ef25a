//! Markdown: what a body looks like. `CommonMark` with tables, task lists, strikethrough and spoilers; a line
//! break is one, HTML is text, and pictures are links, so that no foreign address is fetched.
//!
//! `parse` cuts a body into pieces once. The HTML, the preview and the entities are made of these, so that
//! they agree: what is in code is neither a link nor a mention for any of them.

mod address;
mod escape;
mod host;
mod html;
mod mask;
mod parse;
mod piece;
mod preview;
mod run;
mod spoilers;
mod web_links;

#[cfg(test)]
mod tests;

pub use escape::push_escaped;
pub use parse::parse;
pub use piece::Document;
pub use preview::{one_line, plain_text, preview};
pub use web_links::web_links;

use super::mentions::Mentioned;

/// The body as HTML, where that shows otherwise than the body as plain text does: `None` for most messages.
pub fn html(body: &str, document: &Document, mentioned: &[Mentioned]) -> Option<String> {
    html::html(body, document, mentioned)
}
