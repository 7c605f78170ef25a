//! Text as it was typed, with its links, mentions and line breaks.

use super::{
    address::misread,
    escape::{push_escaped, push_link, push_mention, push_target},
};
use crate::text::{
    links::links,
    mentions::{Mentioned, mentions},
};

/// Appends a text. Returns whether it has a link or a mention.
pub fn push_run(html: &mut String, text: &str, mentioned: &[Mentioned]) -> bool {
    let links = if text.contains("://") {
        links(text)
    } else {
        Vec::new()
    };
    let mentions = if mentioned.is_empty() {
        Vec::new()
    } else {
        mentions(text, &links, mentioned)
    };
    let has_any = !links.is_empty() || !mentions.is_empty();
    let links = links.into_iter().map(|range| (range, None));
    let mentions = mentions
        .into_iter()
        .map(|(range, whom)| (range, Some(whom)));
    let mut found: Vec<_> = links.chain(mentions).collect();
    found.sort_unstable_by_key(|(range, _)| range.start);
    let mut done = 0;
    for (range, whom) in found {
        push_lines(html, &text[done..range.start]);
        let written = &text[range.clone()];
        if let Some(whom) = whom {
            push_mention(html, whom);
            push_escaped(html, written);
            html.push_str("</span>");
        } else {
            push_link(html, written, None);
            push_escaped(html, written);
            if let Some(target) = misread(written) {
                push_target(html, &target);
            }
            html.push_str("</a>");
        }
        done = range.end;
    }
    push_lines(html, &text[done..]);
    has_any
}

/// Appends a text in which a line break is one.
pub fn push_lines(html: &mut String, text: &str) {
    let mut lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    push_escaped(html, lines.next().unwrap_or_default());
    for line in lines {
        html.push_str("<br>");
        push_escaped(html, line);
    }
}
