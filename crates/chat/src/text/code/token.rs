//! Tokens of code, and their classes in HTML.

use crate::text::markdown::push_escaped;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Keyword,
    String,
    Comment,
    Number,
    Type,
    Function,
    /// A key, an attribute, a variable, a macro.
    Name,
    Added,
    Removed,
}

impl Token {
    const fn class(self) -> &'static str {
        match self {
            Self::Keyword => "hl-keyword",
            Self::String => "hl-string",
            Self::Comment => "hl-comment",
            Self::Number => "hl-number",
            Self::Type => "hl-type",
            Self::Function => "hl-function",
            Self::Name => "hl-name",
            Self::Added => "hl-added",
            Self::Removed => "hl-removed",
        }
    }
}

/// Appends a part of the code; without a token it is plain.
pub fn push_token(html: &mut String, token: Option<Token>, text: &str) {
    let Some(token) = token else {
        return push_escaped(html, text);
    };
    html.push_str("<span class=\"");
    html.push_str(token.class());
    html.push_str("\">");
    push_escaped(html, text);
    html.push_str("</span>");
}
