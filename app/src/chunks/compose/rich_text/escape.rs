//! Texts in which no character means anything to Markdown.

/// Escapes what would be a format. Addresses stay as they are, but for brackets, which would make them another link.
pub fn escape(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words
        .map(|word| {
            let Some(scheme) = word.find("://") else {
                return escape_word(word);
            };
            let letters = word[..scheme].trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let (before, address) = word.split_at(letters.len());
            escape_word(before) + &escape_brackets(address)
        })
        .collect()
}

fn escape_brackets(address: &str) -> String {
    let mut escaped = String::with_capacity(address.len());
    for c in address.chars() {
        if matches!(c, '[' | ']' | '\\' | '<') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn escape_word(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    let mut before = None;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let is_in_word = |c: Option<char>| c.is_some_and(char_is_letter);
        let means = match c {
            '*' | '`' | '\\' | '[' | ']' => true,
            // Within a word it is a letter.
            '_' => !(is_in_word(before) && is_in_word(next)),
            '<' => next.is_some_and(|c| c.is_ascii_alphabetic() || "/!?".contains(c)),
            '&' => next.is_some_and(|c| c.is_ascii_alphabetic() || c == '#') && word.contains(';'),
            '~' | '|' => next == Some(c) || before == Some(c),
            _ => false,
        };
        if means {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}

fn char_is_letter(c: char) -> bool {
    !c.is_whitespace() && !c.is_ascii_punctuation()
}

/// Escapes what would make the line of a paragraph a list, a quote or a heading.
pub fn escape_line(line: &str) -> String {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &line[digits..];
    let is_number = digits > 0 && (rest.starts_with(". ") || rest.starts_with(") "));
    let heading = line.trim_start_matches('#');
    let is_heading = heading.len() < line.len() && heading.starts_with(' ');
    let is_item = ["- ", "+ "].iter().any(|item| line.starts_with(item));
    if is_number {
        format!("{}\\{rest}", &line[..digits])
    } else if is_heading
        || is_item
        || line.starts_with('>')
        || line.starts_with("---")
        || line.starts_with("===")
    {
        format!("\\{line}")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, escape_line};

    #[test]
    fn escapes_what_means_something_only() {
        assert_eq!(
            escape("2*3 snake_case _x_ [a] 1 < 2 <b> a~b ~~c~~"),
            r"2\*3 snake_case \_x\_ \[a\] 1 < 2 \<b> a~b \~\~c\~\~"
        );
        assert_eq!(
            escape("see https://a.example/_x_*y* now"),
            "see https://a.example/_x_*y* now"
        );
        assert_eq!(
            escape("[bank.com/](https://b.example/x) a](https://b.example)"),
            r"\[bank.com/\](https://b.example/x) a\](https://b.example)"
        );
        assert_eq!(
            escape("https://a.example/x](https://b.example)"),
            r"https://a.example/x\](https://b.example)"
        );
        for (line, escaped) in [
            ("# a", r"\# a"),
            ("#a", "#a"),
            ("1. a", r"1\. a"),
            ("1.5", "1.5"),
            ("- a", r"\- a"),
            ("-a", "-a"),
            ("> a", r"\> a"),
        ] {
            assert_eq!(escape_line(line), escaped);
        }
    }
}
