//! Differences, as `diff -u` and git write them: whole lines.

use super::token::Token;

pub fn scan(code: &str, emit: &mut impl FnMut(Option<Token>, &str)) {
    for line in code.split_inclusive('\n') {
        let text = line.trim_end_matches('\n');
        let token = match text.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some(Token::Keyword),
            [b'+', ..] => Some(Token::Added),
            [b'-', ..] => Some(Token::Removed),
            [b'@', b'@', ..] => Some(Token::Function),
            _ if text.starts_with("diff ") || text.starts_with("index ") => Some(Token::Keyword),
            _ => None,
        };
        if !text.is_empty() {
            emit(token, text);
        }
        if text.len() < line.len() {
            emit(None, "\n");
        }
    }
}
