//! What a box says of what was written in it, until its text changes.

use std::borrow::Cow;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    pub text: Cow<'static, str>,
    pub is_refusal: bool,
}

impl Note {
    /// Why something is not done.
    pub fn refusal(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            is_refusal: true,
        }
    }

    pub fn done(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            is_refusal: false,
        }
    }
}
