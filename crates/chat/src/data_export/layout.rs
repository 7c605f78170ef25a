//! What all pages of an export look like.

use crate::text::push_escaped;
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1f;background:#fff}dt{color:#5c5c66;font-size:.85em;margin-top:.75rem}dd{margin:0;white-space:pre-wrap;\
overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#e8e8ee;background:#17171b}a{color:#9db8ff}\
dt{color:#a0a0ac}}";

/// The beginning and the end of a page.
pub fn page(title: &str) -> (String, &'static str) {
    let mut begin =
        String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
    push_escaped(&mut begin, title);
    let _ = write!(begin, "</title>\n<style>{STYLE}</style>\n<h1 dir=\"auto\">");
    push_escaped(&mut begin, title);
    begin.push_str("</h1>\n");
    (begin, "</html>\n")
}
