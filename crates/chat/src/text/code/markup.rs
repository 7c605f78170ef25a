//! HTML and XML: tags, attributes, their values, comments and references.

use super::token::Token;

pub fn scan(code: &str, emit: &mut impl FnMut(Option<Token>, &str)) {
    let mut rest = code;
    while let Some(at) = rest.find('<') {
        if at > 0 {
            emit(None, &rest[..at]);
        }
        rest = &rest[at..];
        let length = if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(rest.len(), |end| end + 3);
            emit(Some(Token::Comment), &rest[..end]);
            end
        } else {
            tag(rest, emit)
        };
        rest = &rest[length..];
    }
    if !rest.is_empty() {
        emit(None, rest);
    }
}

/// Emits a tag, up to and with its `>`; returns its length, at least 1.
fn tag(text: &str, emit: &mut impl FnMut(Option<Token>, &str)) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || "-_:.!?/".contains(c);
    let name = text[1..]
        .find(|c| !is_name(c))
        .map_or(text.len(), |end| end + 1);
    if name == 1 {
        emit(None, &text[..1]);
        return 1;
    }
    emit(Some(Token::Keyword), &text[..name]);
    let mut at = name;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match c {
            '>' => {
                emit(Some(Token::Keyword), ">");
                return at + 1;
            }
            '<' => return at,
            '"' | '\'' => {
                let end = rest[1..].find(c).map_or(rest.len(), |end| end + 2);
                (Some(Token::String), end)
            }
            '/' | '?' => (Some(Token::Keyword), 1),
            c if is_name(c) => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                (Some(Token::Name), end)
            }
            c => (None, c.len_utf8()),
        };
        emit(token, &rest[..length]);
        at += length;
    }
    at
}
