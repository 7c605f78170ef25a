//! The text of a message, split at its links and mentions. Without regular expressions, whose engine
//! would be large in WebAssembly.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextSegment {
    Text(String),
    Link(String),
    /// The lowercase username, and the text as it was written.
    Mention {
        username: String,
        written: String,
    },
}

/// Splits a text at its links and mentions. `is_member` gets a lowercase username.
pub fn split_text(text: &str, is_member: &dyn Fn(&str) -> bool) -> Vec<TextSegment> {
    let mut segments = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let at_word = !text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        let found = if at_word {
            link(rest).or_else(|| mention(rest, is_member))
        } else {
            None
        };
        if let Some((segment, length)) = found {
            if plain < at {
                segments.push(TextSegment::Text(text[plain..at].to_owned()));
            }
            segments.push(segment);
            at += length;
            plain = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    if plain < text.len() {
        segments.push(TextSegment::Text(text[plain..].to_owned()));
    }
    segments
}

fn link(rest: &str) -> Option<(TextSegment, usize)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        rest.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let end = rest
        .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"`".contains(c))
        .unwrap_or(rest.len());
    let mut url = &rest[..end];
    // Punctuation at the end is not part of the link, nor is a closing bracket that it did not open.
    while let Some(last) = url.chars().next_back() {
        let unopened = (last == ')' && url.matches('(').count() < url.matches(')').count())
            || (last == ']' && url.matches('[').count() < url.matches(']').count());
        if !unopened && !".,;:!?'*_".contains(last) {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    let host = url.get(scheme.len()..).unwrap_or_default();
    host.chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || c == '[')
        .then(|| (TextSegment::Link(url.to_owned()), url.len()))
}

fn mention(rest: &str, is_member: &dyn Fn(&str) -> bool) -> Option<(TextSegment, usize)> {
    let name = rest.strip_prefix('@')?;
    let end = name
        .find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))
        .unwrap_or(name.len());
    // Usernames may contain punctuation (`ada.l`), and a sentence may end after one (`ada.`).
    let mut username = &name[..end];
    loop {
        if username.is_empty() {
            return None;
        }
        if is_member(&username.to_ascii_lowercase()) {
            let mention = TextSegment::Mention {
                username: username.to_ascii_lowercase(),
                written: format!("@{username}"),
            };
            return Some((mention, username.len() + 1));
        }
        username = username.strip_suffix(['.', '-', '_'])?;
    }
}

/// Whether a text is 1 to 12 emoji and nothing else; it is then shown large.
pub fn is_emoji_only(text: &str) -> bool {
    let mut count = 0;
    for c in text.chars() {
        match u32::from(c) {
            0x1F000..=0x1FAFF
            | 0x2600..=0x27BF
            | 0x2B00..=0x2BFF
            | 0x2190..=0x21FF
            | 0x231A..=0x23FF => count += 1,
            // Joiners, variation selectors and the tags of flags modify the emoji before them.
            0x200D | 0xFE0F | 0x20E3 | 0xE0020..=0xE007F => {}
            _ if c.is_whitespace() => {}
            _ => return false,
        }
    }
    (1..=12).contains(&count)
}

#[cfg(test)]
mod tests {
    use super::{TextSegment, is_emoji_only, split_text};

    fn split(text: &str) -> Vec<String> {
        split_text(text, &|name| ["ada", "grace.h"].contains(&name))
            .into_iter()
            .map(|segment| match segment {
                TextSegment::Text(text) => text,
                TextSegment::Link(url) => format!("[{url}]"),
                TextSegment::Mention { username, .. } => format!("<{username}>"),
            })
            .collect()
    }

    #[test]
    fn finds_links_without_the_punctuation_around_them() {
        assert_eq!(
            split("see https://a.example/x_(y)?q=1. Or (http://b.example)!"),
            [
                "see ",
                "[https://a.example/x_(y)?q=1]",
                ". Or (",
                "[http://b.example]",
                ")!"
            ]
        );
        assert_eq!(split("HTTPS://A.example"), ["[HTTPS://A.example]"]);
    }

    #[test]
    fn takes_nothing_dangerous_or_half_for_a_link() {
        for text in [
            "javascript:alert(1)",
            "https://",
            "xhttps://a.example",
            "data:text/html,x",
            "https:// a",
        ] {
            assert_eq!(split(text), [text]);
        }
        assert_eq!(
            split("https://a.example/\"onclick=x"),
            ["[https://a.example/]", "\"onclick=x"]
        );
    }

    #[test]
    fn mentions_members_only() {
        assert_eq!(
            split("@Ada, @grace.h. @nobody mail@ada"),
            ["<ada>", ", ", "<grace.h>", ". @nobody mail@ada"]
        );
    }

    #[test]
    fn keeps_every_other_character() {
        for text in ["", "שלום עולם", "a\n\nb", "@", "@@", "🙂é@"] {
            assert_eq!(split(text).concat(), text);
        }
    }

    #[test]
    fn knows_emoji_from_words() {
        for text in ["🙂", "👍🏽 ❤️", "👩‍👩‍👧", "🇩🇪"] {
            assert!(is_emoji_only(text), "{text}");
        }
        for text in ["", " ", "1", "ok 👍", "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂"]
        {
            assert!(!is_emoji_only(text), "{text}");
        }
    }
}
