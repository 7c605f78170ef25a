//! Highlighting of code: HTML with classes, which the page gives colours. A scanner that knows the comments,
//! strings, numbers and keywords of a language, and nothing of its grammar: it reads each character once, so
//! that no text takes long, and needs no memory beside the text.

mod diff;
mod keywords;
mod languages;
mod markup;
mod scanner;
mod token;

#[cfg(test)]
mod tests;

use languages::{Family, language};
use token::push_token;

/// Appends the code with the tokens of the language as elements. A language that is not known has none.
pub fn push_highlighted(html: &mut String, name: &str, code: &str) {
    match language(name) {
        Some(Family::Code(language)) => scanner::scan(code, language, &mut |token, text| {
            push_token(html, token, text);
        }),
        Some(Family::Markup) => {
            markup::scan(code, &mut |token, text| push_token(html, token, text));
        }
        Some(Family::Diff) => diff::scan(code, &mut |token, text| push_token(html, token, text)),
        None => push_token(html, None, code),
    }
}
