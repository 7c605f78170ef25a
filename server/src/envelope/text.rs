//! The text of a header, of which a part may be none.

use http::HeaderValue;
use std::borrow::Cow;

/// One line has what the client sent and what a proxy has added: bytes of the one that are no text do not
/// hide the other.
pub fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}
