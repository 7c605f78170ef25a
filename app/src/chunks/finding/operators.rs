//! The operators of a search, as somebody types them: which ones there are, and which value is asked for at
//! the end of the text. What a query means is decided by the server (`crates/chat/src/search/query.rs`).

/// Each operator, with an example and what it does.
pub const OPERATORS: [(&str, &str, &str); 9] = [
    ("from:", "a person", "Who sent it"),
    ("in:", "a conversation", "Where it was said"),
    ("has:", "link, file, image, reaction", "What it has"),
    ("is:", "unread, pinned, thread", "What it is"),
    ("mentions:", "me", "Who is mentioned"),
    ("before:", "a date", "Earlier"),
    ("after:", "a date", "Later"),
    ("on:", "a date", "Day, month or year"),
    ("-", "a word or an operator", "Leave it out"),
];

/// The values of the operators that have a fixed set.
const VALUES: [(&str, &str, &str); 8] = [
    ("has:", "link", "A link"),
    ("has:", "file", "A file"),
    ("has:", "image", "An image"),
    ("has:", "reaction", "A reaction"),
    ("is:", "unread", "Not read yet"),
    ("is:", "pinned", "Pinned"),
    ("is:", "thread", "In a thread"),
    ("mentions:", "me", "Mentions of you"),
];

/// What may follow at the end of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// An operator that begins so.
    Operator(String),
    /// One of a fixed set: those that begin as what is written.
    Value(Vec<(&'static str, &'static str)>),
    /// Somebody, by what is written of the name.
    Person(String),
    Conversation(String),
    Date,
}

/// The last word or operator of a text: where it begins, without a minus, and what it asks for.
pub fn asked_at_end(text: &str) -> (usize, Asked) {
    let start = start_of_last(text);
    let start = start + usize::from(text[start..].len() > 1 && text[start..].starts_with('-'));
    let last = &text[start..];
    let Some((name, value)) = last.split_once(':') else {
        return (start, Asked::Operator(last.to_lowercase()));
    };
    let name = format!("{}:", name.to_lowercase());
    let written = value.trim_start_matches(['"', '“']);
    // A value that is whole needs no other.
    let is_quoted = written.len() < value.len();
    if is_quoted && written.ends_with(['"', '”']) {
        return (start, Asked::Nothing);
    }
    let asked = match name.as_str() {
        "from:" => Asked::Person(written.to_owned()),
        "in:" => Asked::Conversation(written.to_owned()),
        "before:" | "after:" | "on:" => Asked::Date,
        _ => {
            let written = written.to_lowercase();
            let values = VALUES.iter().filter(|(of, value, _)| {
                *of == name && value.starts_with(&written) && *value != written
            });
            let values: Vec<_> = values.map(|(_, value, hint)| (*value, *hint)).collect();
            if values.is_empty() {
                Asked::Nothing
            } else {
                Asked::Value(values)
            }
        }
    };
    (start, asked)
}

/// Whether the text ends with an operator that has no value yet.
pub fn is_unfinished(text: &str) -> bool {
    OPERATORS.iter().any(|(name, ..)| {
        let end = text.len().checked_sub(name.len());
        end.and_then(|end| text.get(end..))
            .is_some_and(|it| it.eq_ignore_ascii_case(name))
    })
}

/// The text without operators, for a search that has found nothing. `None` if it has none, or nothing else.
pub fn without_operators(text: &str) -> Option<String> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    let mut has_operators = false;
    while !rest.is_empty() {
        let end = end_of_first(rest);
        let unsigned = rest[..end].trim_start_matches('-').to_lowercase();
        let is_operator = OPERATORS
            .iter()
            .any(|(name, ..)| *name != "-" && unsigned.starts_with(name));
        has_operators |= is_operator;
        if !is_operator {
            words.push(&rest[..end]);
        }
        rest = rest[end..].trim_start();
    }
    (has_operators && !words.is_empty()).then(|| words.join(" "))
}

/// A value as it is written after an operator: with quotes if it has spaces.
pub fn quoted(value: &str) -> String {
    if !value.contains(char::is_whitespace) && !value.starts_with(['"', '“', '„', '«']) {
        value.to_owned()
    } else if value.contains('"') {
        format!("“{value}”")
    } else {
        format!("\"{value}\"")
    }
}

fn start_of_last(text: &str) -> usize {
    let mut start = 0;
    while let Some(next) = text.get(start..) {
        let end = end_of_first(next);
        let rest = &next[end..];
        if rest.is_empty() {
            break;
        }
        start = text.len() - rest.trim_start().len();
    }
    start
}

/// Where the first word, phrase or operator of a text ends.
fn end_of_first(text: &str) -> usize {
    let mut close = None;
    for (at, char) in text.char_indices() {
        match close {
            Some(end) if char == end => close = None,
            Some(_) => {}
            None if char.is_whitespace() => return at,
            None => {
                close = match char {
                    '"' => Some('"'),
                    '“' => Some('”'),
                    '«' => Some('»'),
                    _ => None,
                }
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Asked, asked_at_end, is_unfinished, quoted, without_operators};

    #[test]
    fn the_end_of_the_text_asks_for_something() {
        let text = |text: &str| text.to_owned();
        for (written, start, asked) in [
            ("", 0, Asked::Operator(text(""))),
            ("plan ", 5, Asked::Operator(text(""))),
            ("plan fr", 5, Asked::Operator(text("fr"))),
            ("plan -Fr", 6, Asked::Operator(text("fr"))),
            ("from:", 0, Asked::Person(text(""))),
            ("x From:áda", 2, Asked::Person(text("áda"))),
            ("from:\"Ada Lo", 0, Asked::Person(text("Ada Lo"))),
            ("from:\"Ada Lovelace\"", 0, Asked::Nothing),
            (
                "from:\"Ada L\" in:Большой",
                13,
                Asked::Conversation(text("Большой")),
            ),
            ("before:2026", 0, Asked::Date),
            ("has:im", 0, Asked::Value(vec![("image", "An image")])),
            ("has:image", 0, Asked::Nothing),
            ("is:p", 0, Asked::Value(vec![("pinned", "Pinned")])),
            ("http://x", 0, Asked::Nothing),
        ] {
            assert_eq!(asked_at_end(written), (start, asked), "{written}");
        }
    }

    #[test]
    fn a_search_can_do_without_its_operators() {
        assert_eq!(without_operators("plan b"), None);
        assert_eq!(without_operators("from:ada"), None);
        assert_eq!(
            without_operators("plan -has:link in:\"Big room\" \"as is\""),
            Some("plan \"as is\"".to_owned())
        );
    }

    #[test]
    fn an_operator_without_a_value_is_unfinished() {
        for (text, expected) in [
            ("", false),
            ("plan", false),
            ("from:", true),
            ("plan -From:", true),
            ("会議 in:", true),
            ("from:a", false),
            ("plan -", true),
        ] {
            assert_eq!(is_unfinished(text), expected, "{text}");
        }
    }

    #[test]
    fn values_with_spaces_are_quoted() {
        for (value, written) in [
            ("ada", "ada"),
            ("Big room", "\"Big room\""),
            ("the \"best\" room", "“the \"best\" room”"),
        ] {
            assert_eq!(quoted(value), written);
        }
    }
}
