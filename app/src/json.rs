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
    fn reads_what_there_is() {
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
    fn no_beginning_of_it_is_the_whole() {
        for (end, _) in TEXT.trim_end().char_indices() {
            assert_eq!(read::<All>(&TEXT[..end]), None, "{end}");
        }
    }

    #[test]
    fn takes_nothing_else() {
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
}
