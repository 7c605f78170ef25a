//! The text of a page, whose bytes may be in any character set of the web (WHATWG Encoding).

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::str;

/// Bytes in which a page names its character set (WHATWG HTML, 13.2.3.2).
const MAX_PRESCAN: usize = 1024;

/// The page as text: by its byte order mark, by what the answer says, by what the page says, and otherwise in UTF-8, if
/// it can be that, or in windows-1252. What has no meaning becomes U+FFFD.
pub fn decode(bytes: &[u8], content_type: &str) -> String {
    let encoding = charset(content_type.as_bytes())
        .or_else(|| declared(bytes))
        .unwrap_or_else(|| if is_utf8(bytes) { UTF_8 } else { WINDOWS_1252 });
    // A byte order mark goes before all else.
    encoding.decode(bytes).0.into_owned()
}

/// The character set that the page names itself. It was read as ASCII, so that it is not in UTF-16.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let found = charset(&bytes[..bytes.len().min(MAX_PRESCAN)])?;
    let is_wide = found == UTF_16LE || found == UTF_16BE;
    Some(if is_wide { UTF_8 } else { found })
}

/// The encoding after the first `charset=` that names one.
fn charset(text: &[u8]) -> Option<&'static Encoding> {
    const NAME: &[u8] = b"charset";
    let mut starts = text.windows(NAME.len()).enumerate();
    starts.find_map(|(at, start)| {
        if !start.eq_ignore_ascii_case(NAME) {
            return None;
        }
        let rest = text[at + NAME.len()..].trim_ascii_start();
        let value = rest.strip_prefix(b"=")?.trim_ascii_start();
        let quoted = value.strip_prefix(b"\"");
        let quoted = quoted.or_else(|| value.strip_prefix(b"'"));
        let value = quoted.unwrap_or(value);
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"';>/,".contains(byte);
        let end = value.iter().position(is_end).unwrap_or(value.len());
        Encoding::for_label(&value[..end])
    })
}

/// Whether the bytes are UTF-8, of which the end may be cut off.
fn is_utf8(bytes: &[u8]) -> bool {
    match str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_page_is_read_in_its_character_set() {
        let latin = b"<meta charset=iso-8859-1><title>caf\xe9</title>";
        assert!(decode(latin, "").contains("café"));
        let cyrillic = b"<title>\xcf\xf0\xe8\xe2\xe5\xf2</title>";
        let named = "text/html; charset=\"windows-1251\"";
        assert!(decode(cyrillic, named).contains("Привет"));
        let japanese = b"<META http-equiv=Content-Type content='text/html; charset=Shift_JIS'>\x93\xfa\x96\x7b";
        assert!(decode(japanese, "text/html").contains("日本"));
        assert!(decode("<title>日本".as_bytes(), "").contains("日本"));
        assert!(decode(b"\xef\xbb\xbfcaf\xc3\xa9", "text/html; charset=latin1") == "café");
        assert_eq!(decode(b"\xff\xfea\0b\0", ""), "ab");
        // Cut within a character.
        assert!(decode(&"日本".as_bytes()[..5], "").starts_with('日'));
        assert_eq!(decode(b"caf\xe9 \xe0", ""), "café à");
        // Nobody writes these labels in UTF-16.
        assert!(decode("<meta charset=utf-16>日".as_bytes(), "").contains('日'));
        assert!(decode("<meta charset=nonsense>日".as_bytes(), "").contains('日'));
    }
}
