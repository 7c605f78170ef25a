//! The JSON reader of the browser, over serde. `serde_json` in its place is three times as large in
//! WebAssembly, as it is generic over its input and reports what is wrong and where.

mod deserializer;
#[cfg(test)]
mod differential;
mod malformed;
mod reader;

use serde::de::DeserializeOwned;

/// Reads a `T`; `None` if the text is not JSON or not a `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let mut reader = reader::Reader::new(text);
    let value = T::deserialize(&mut reader).ok()?;
    reader.is_at_end().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct All {
        text: String,
        number: i64,
        small: Option<u16>,
        is_true: bool,
        list: Vec<(String, u32)>,
        kind: Kind,
        #[serde(default)]
        kinds: Vec<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        OneWord,
        Failed { detail: String },
    }

    const TEXT: &str = r#" { "other" : [{"a": [1.5e3, "}\"]", {}], "b": null}, true], "text": "\u00e9\"\\\/\n\ud83d\udc4d é👍",
        "isTrue":true,"number":-42,"small":null, "list":[["a",1] , ["",4294967295]],"kind":"one_word",
        "kinds": [{"failed": {"detail": "No."}}, "one_word"]} "#;

    #[test]
    fn reads_every_kind_of_value() {
        let expected = All {
            text: "é\"\\/\n👍 é👍".to_owned(),
            number: -42,
            small: None,
            is_true: true,
            list: vec![("a".to_owned(), 1), (String::new(), u32::MAX)],
            kind: Kind::OneWord,
            kinds: vec![
                Kind::Failed {
                    detail: "No.".to_owned(),
                },
                Kind::OneWord,
            ],
        };
        assert_eq!(read(TEXT), Some(expected));
        assert_eq!(read::<All>(TEXT), serde_json::from_str(TEXT).ok());
    }

    #[test]
    fn refuses_every_prefix_of_a_document() {
        for (end, _) in TEXT.trim_end().char_indices() {
            assert_eq!(read::<All>(&TEXT[..end]), None, "{end}");
        }
    }

    #[test]
    fn refuses_other_texts_and_types() {
        for text in [
            "",
            "x",
            "nul",
            "{}",
            "[]",
            "1 2",
            "{\"a\"}",
            "\"\\x\"",
            "\"\\ud83d\"",
        ] {
            assert_eq!(read::<All>(text), None, "{text}");
            assert_eq!(read::<String>(text), None, "{text}");
        }
        for text in ["1.5", "1e3", "-", "9223372036854775808", "\"1\""] {
            assert_eq!(read::<i64>(text), None, "{text}");
        }
        assert_eq!(read::<u16>("65536"), None);
        assert_eq!(read::<u16>("-1"), None);
        assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(read::<Vec<i64>>("[1,]"), None);
        assert_eq!(read("[ ]"), Some(Vec::<i64>::new()));
    }

    /// As the whole text, and as a value that is skipped.
    fn is_read<T: serde::de::DeserializeOwned>(text: &str) -> (bool, bool) {
        let skipped = read::<serde::de::IgnoredAny>(text);
        (read::<T>(text).is_some(), skipped.is_some())
    }

    #[test]
    fn control_characters_must_be_escaped() {
        for text in ["\"a\nb\"", "\"\u{1}\"", "\"\u{0}\""] {
            assert_eq!(is_read::<String>(text), (false, false), "{text:?}");
        }
        assert_eq!(is_read::<String>("\"\u{7f}\""), (true, true));
    }

    #[test]
    fn white_space_is_what_json_says() {
        assert_eq!(is_read::<i64>(" \n\r\t1 \n\r\t"), (true, true));
        for text in ["\u{c}1", "1\u{c}", "\u{b}1", "\u{a0}1"] {
            assert_eq!(is_read::<i64>(text), (false, false), "{text:?}");
        }
        assert_eq!(read::<Vec<i64>>("[1\u{c}]"), None);
    }

    #[test]
    fn numbers_have_no_plus_and_no_leading_zero() {
        for text in ["+1", "01", "-01", "1.", ".5", "1e", "0x1"] {
            assert_eq!(is_read::<i64>(text), (false, false), "{text}");
        }
        // `serde_json` reads it as a float.
        assert_eq!(is_read::<i64>("-0"), (false, true));
    }

    #[test]
    fn a_u64_may_exceed_an_i64() {
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read::<u64>("18446744073709551616"), None);
        assert_eq!(read::<i64>("9223372036854775808"), None);
    }

    #[test]
    fn a_code_unit_is_four_hexadecimal_digits() {
        assert_eq!(is_read::<String>(r#""\u+123""#), (false, false));
        assert_eq!(is_read::<String>(r#""\u12""#), (false, false));
        assert_eq!(is_read::<String>(r#""\u00E9""#), (true, true));
    }

    #[test]
    fn a_lone_surrogate_can_be_skipped_but_not_read() {
        for text in [r#""\ud83d""#, r#""\udc4d""#, r#""\ud83d\u0041""#] {
            assert_eq!(is_read::<String>(text), (false, true), "{text}");
        }
    }

    #[test]
    fn a_skipped_value_must_be_json() {
        for text in [
            "nulx",
            "truefalse",
            "1x",
            "-",
            "[1,]",
            "{\"a\":1,}",
            "{1:1}",
        ] {
            assert_eq!(is_read::<All>(text), (false, false), "{text}");
        }
    }

    #[test]
    fn a_variant_without_a_value_may_have_null() {
        assert_eq!(read(r#"{"one_word": null}"#), Some(Kind::OneWord));
        assert_eq!(read::<Kind>(r#"{"one_word": 1}"#), None);
        assert_eq!(read::<Kind>(r#"{"one_word"}"#), None);
    }

    #[test]
    fn a_variant_with_a_value_must_be_an_object() {
        assert_eq!(read::<Kind>(r#""failed": {"detail": "No."}"#), None);
        assert_eq!(read::<Vec<Kind>>(r#"["failed": {"detail": "No."}]"#), None);
        assert_eq!(read::<Kind>(r#""failed""#), None);
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read::<serde::de::IgnoredAny>(&nested).is_some());
        assert_eq!(read::<Vec<String>>(&nested), None);
    }
}
