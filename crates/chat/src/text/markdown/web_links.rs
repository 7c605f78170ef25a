//! Where the links of a body lead that everybody sees who reads it.

use super::{
    address::address,
    host::without_scheme,
    piece::{Document, Piece},
};
use crate::text::links::links;
use pulldown_cmark::Tag;
use std::borrow::Cow;

/// The addresses of the web that a body links to, in the order of the text: those that are written out, and those with a
/// label. What is in code, or hidden by a spoiler, is none.
pub fn web_links(body: &str, document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let Document::Marked(pieces) = document else {
        push_links(&mut found, body);
        return found;
    };
    // Of each open element, whether it is a link: what it is called is none.
    let mut open = Vec::new();
    let mut labels = 0;
    // Spoilers that are open.
    let mut hidden = 0;
    for piece in pieces {
        match piece {
            Piece::OpenSpoiler => hidden += 1,
            Piece::CloseSpoiler => hidden -= 1,
            Piece::Open(tag) => {
                let is_link = matches!(tag, Tag::Link { .. } | Tag::Image { .. });
                let target = address(tag).filter(|it| hidden == 0 && labels == 0 && is_web(it));
                found.extend(target.map(Cow::into_owned));
                open.push(is_link);
                labels += usize::from(is_link);
            }
            Piece::Close => labels -= usize::from(open.pop() == Some(true)),
            Piece::Run(range) if hidden == 0 && labels == 0 => {
                push_links(&mut found, &body[range.clone()]);
            }
            _ => {}
        }
    }
    found
}

fn push_links(found: &mut Vec<String>, text: &str) {
    let links = links(text).into_iter();
    found.extend(links.map(|range| text[range].to_owned()));
}

fn is_web(address: &str) -> bool {
    ["https://", "http://"]
        .into_iter()
        .any(|scheme| without_scheme(address, scheme).is_some())
}
