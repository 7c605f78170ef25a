//! Compares the reader with `serde_json` on random documents: both accept the same texts and read
//! the same values, but for the differences that `deserializer.rs` names.

use super::read;
use model::{Event, Message, Page, Problem, Sync};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde::{Deserialize, Serialize, de::DeserializeOwned, de::IgnoredAny};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Debug};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    New(i64),
    Pair(i64, String),
    Struct { detail: String, count: Option<u8> },
    Nested(Box<Kind>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct All {
    text: String,
    letter: char,
    small: i8,
    large: u64,
    signed: i64,
    #[serde(default)]
    is_true: bool,
    maybe: Option<String>,
    list: Vec<(i64, String)>,
    kinds: Vec<Kind>,
    map: BTreeMap<String, Option<u16>>,
}

/// An array of arrays, of any depth.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nested(Vec<Nested>);

/// Whether a struct was read from an array: an array in the document where the value has an object.
fn has_struct_as_array(document: &Value, value: &Value) -> bool {
    match (document, value) {
        (Value::Array(_), Value::Object(_)) => true,
        (Value::Array(document), Value::Array(value)) => document
            .iter()
            .zip(value)
            .any(|(document, value)| has_struct_as_array(document, value)),
        (Value::Object(document), Value::Object(value)) => {
            document.iter().any(|(key, document)| {
                value
                    .get(key)
                    .is_some_and(|value| has_struct_as_array(document, value))
            })
        }
        _ => false,
    }
}

fn compare<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) -> bool {
    let (ours, theirs) = (read::<T>(text), serde_json::from_str::<T>(text).ok());
    if let (None, Some(value)) = (&ours, &theirs) {
        let document: Value = serde_json::from_str(text).unwrap();
        if has_struct_as_array(&document, &serde_json::to_value(value).unwrap()) {
            return false;
        }
    }
    assert_eq!(ours, theirs, "{} from {text:?}", std::any::type_name::<T>());
    ours.is_some()
}

/// By their acceptance alone.
fn compare_skipped(text: &str) -> bool {
    let (ours, theirs) = (
        read::<IgnoredAny>(text),
        serde_json::from_str::<IgnoredAny>(text),
    );
    assert_eq!(ours.is_some(), theirs.is_ok(), "skipped {text:?}");
    ours.is_some()
}

/// Reads a text as every type; whether any type accepted it.
fn compare_all(text: &str) -> bool {
    let accepted = [
        compare::<All>(text),
        compare::<Kind>(text),
        compare::<Vec<Kind>>(text),
        compare::<Vec<All>>(text),
        compare::<Nested>(text),
        compare::<Event>(text),
        compare::<Vec<Event>>(text),
        compare::<Page<Message>>(text),
        compare::<Sync>(text),
        compare::<Problem>(text),
        compare::<String>(text),
        compare::<char>(text),
        compare::<bool>(text),
        compare::<Option<bool>>(text),
        compare::<i8>(text),
        compare::<i64>(text),
        compare::<u16>(text),
        compare::<u64>(text),
        compare::<(i64, String)>(text),
        compare::<Vec<i64>>(text),
        compare::<Vec<String>>(text),
        compare::<BTreeMap<String, i64>>(text),
        compare::<BTreeMap<String, String>>(text),
        compare::<model::MessageId>(text),
        compare_skipped(text),
    ];
    accepted.contains(&true)
}

const NUMBERS: [&str; 24] = [
    "0",
    "-0",
    "1",
    "-1",
    "127",
    "128",
    "-128",
    "-129",
    "65535",
    "65536",
    "255",
    "01",
    "-",
    "+1",
    "1.0",
    "1.",
    ".5",
    "1e3",
    "1E+2",
    "1e",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
];

const STRINGS: [&str; 18] = [
    "",
    "a",
    "é👍",
    "\\n\\t\\r\\b\\f\\/\\\\\\\"",
    "\\u00e9",
    "\\ud83d\\udc4d",
    "\\ud83d",
    "\\udc4d",
    "\\ud83d\\u0041",
    "\\ud83dx",
    "\\u+123",
    "\\u12",
    "\\x",
    "\\u0000",
    "\u{1}",
    "line\nbreak",
    "\u{7f}",
    "42",
];

const SPACES: [&str; 8] = ["", "", "", " ", "\n\t", "\r", "\u{b}", "\u{c}"];

const KEYS: [&str; 14] = [
    "text", "letter", "small", "large", "signed", "isTrue", "maybe", "list", "kinds", "map",
    "Unit", "New", "Struct", "other",
];

fn any_string(rng: &mut StdRng) -> String {
    format!("\"{}\"", STRINGS.choose(rng).unwrap())
}

/// A document of JSON, or nearly so, that fits no type in particular.
fn any_value(rng: &mut StdRng, depth: u32) -> String {
    let space = *SPACES.choose(rng).unwrap();
    let kind = rng.random_range(0..if depth == 0 { 5 } else { 8 });
    let value = match kind {
        0 => ["null", "true", "false", "nul", "True"]
            .choose(rng)
            .unwrap()
            .to_string(),
        1 | 2 => NUMBERS.choose(rng).unwrap().to_string(),
        3 | 4 => any_string(rng),
        5 => {
            let count = rng.random_range(0..4);
            let values: Vec<_> = (0..count).map(|_| any_value(rng, depth - 1)).collect();
            format!("[{}]", values.join(","))
        }
        _ => {
            let count = rng.random_range(0..4);
            let fields: Vec<_> = (0..count)
                .map(|_| {
                    let key = KEYS.choose(rng).unwrap();
                    format!("{space}\"{key}\"{space}:{}", any_value(rng, depth - 1))
                })
                .collect();
            format!("{{{}}}", fields.join(","))
        }
    };
    format!("{space}{value}{space}")
}

/// Changes some bytes: deletes, repeats, replaces or inserts them.
fn mutate(rng: &mut StdRng, text: &str) -> String {
    const MARKS: &[u8] = b"{}[]\",:\\ \n\x0c0-+.eEuntfx9";
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..5) {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, bytes[at]),
            2 => bytes[at] = *MARKS.choose(rng).unwrap(),
            3 => bytes.insert(at, *MARKS.choose(rng).unwrap()),
            _ => bytes.truncate(at),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Documents that some type accepts as they are.
fn valid_documents() -> Vec<String> {
    let message = r#"{"id":"7","conversationId":"3","position":1,"seq":2,"sender":{"id":"1","username":"ada","name":"Ada","avatarUrl":null},"kind":"text","body":"\ud83d\udc4d é\n","replyTo":null,"attachments":[],"reactions":[{"emoji":"👍","count":1,"userIds":["1"]}],"official":false,"clientId":"a","createdAt":"2026-01-05T09:00:00Z","editedAt":null,"deletedAt":null}"#;
    vec![
        r#"{"text":"é","letter":"x","small":-7,"large":18446744073709551615,"signed":-42,"isTrue":true,"maybe":null,"list":[[1,"a"],[2,""]],"kinds":["Unit",{"Unit":null},{"New":1},{"Pair":[1,"b"]},{"Struct":{"detail":"No.","count":3}},{"Nested":{"Nested":"Unit"}}],"map":{"a":1,"b":null},"other":[{"x":[1.5e3,"\ud83d",{}]},null,true]}"#.to_owned(),
        format!(r#"{{"type":"message:created","conversationId":"3","seq":2,"message":{message}}}"#),
        format!(r#"{{"items":[{message},{message}],"nextCursor":null}}"#),
        format!(r#"{{"items":[{{"type":"message:updated","conversationId":3,"seq":2,"message":{message}}}],"hasMore":true}}"#),
        r#"{"type":"typing","conversationId":"3","userId":"1","typing":true}"#.to_owned(),
        r#"{"type":"about:blank","title":"Invalid","status":422,"detail":"No.","code":"invalid","errors":[{"field":"name","reason":"is taken"}]}"#.to_owned(),
        "[[],[[]]]".to_owned(),
        r#"{"a":1,"b":-2}"#.to_owned(),
        r#"["Unit",{"New":1}]"#.to_owned(),
    ]
}

#[test]
fn valid_documents_are_read() {
    for text in valid_documents() {
        assert!(compare_all(&text), "{text}");
    }
    assert!(compare::<All>(&valid_documents()[0]));
    assert!(compare::<Event>(&valid_documents()[1]));
    assert!(compare::<Page<Message>>(&valid_documents()[2]));
    assert!(compare::<Sync>(&valid_documents()[3]));
    assert!(compare::<Problem>(&valid_documents()[5]));
}

#[test]
fn mutated_documents_are_read_alike() {
    let mut rng = StdRng::seed_from_u64(1);
    let documents = valid_documents();
    let mut accepted = 0;
    for _ in 0..20_000 {
        let document = documents.choose(&mut rng).unwrap();
        accepted += usize::from(compare_all(&mutate(&mut rng, document)));
    }
    assert!(accepted > 1000, "{accepted}");
}

#[test]
fn arbitrary_documents_are_read_alike() {
    let mut rng = StdRng::seed_from_u64(2);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let text = any_value(&mut rng, 4);
        accepted += usize::from(compare_all(&text));
    }
    assert!(accepted > 1000, "{accepted}");
}

#[test]
fn random_bytes_are_read_alike() {
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..10_000 {
        let length = rng.random_range(0..24);
        let bytes: Vec<u8> = (0..length).map(|_| rng.random()).collect();
        compare_all(&String::from_utf8_lossy(&bytes));
        let ascii: String = bytes.iter().map(|byte| char::from(byte & 0x7f)).collect();
        compare_all(&ascii);
    }
}

#[test]
fn every_number_and_string_is_read_alike() {
    for number in NUMBERS {
        for text in [
            number.to_owned(),
            format!("[{number}]"),
            format!("{{\"a\":{number}}}"),
        ] {
            compare_all(&text);
        }
    }
    for string in STRINGS {
        for text in [
            format!("\"{string}\""),
            format!("{{\"{string}\":\"{string}\"}}"),
        ] {
            compare_all(&text);
        }
    }
}

#[test]
fn deep_nesting_is_read_alike() {
    for depth in [1, 126, 127, 128, 129, 255, 256, 257] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(compare::<Nested>(&text), depth <= 127, "{depth}");
        let text = format!(
            "{}\"Unit\"{}",
            "{\"Nested\":".repeat(depth),
            "}".repeat(depth)
        );
        assert_eq!(compare::<Kind>(&text), depth <= 127, "{depth}");
    }
    // Skipped values may be of any depth, and take no stack.
    for text in [
        format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)),
        format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000)),
    ] {
        assert!(compare_skipped(&text));
        assert!(!compare_skipped(&text[1..]));
        assert!(!compare_skipped(&text[..text.len() - 1]));
    }
}
