//! The payload of a webhook, as Slack defines it, and the Markdown that it becomes. Fields are read where they are of the
//! type that Slack says, and passed over otherwise: senders add what they like.

use super::{
    blocks::{blocks, button},
    markdown::{from_mrkdwn, join, link, plain, quoted, separated},
};
use http::{HeaderMap, header};
use serde_json::Value;

/// Attachments of one payload, as Slack has it.
const MAX_ATTACHMENTS: usize = 100;

/// Fields of one attachment that are shown.
const MAX_FIELDS: usize = 50;

/// Characters of one text that are converted. A message has 10,000.
const MAX_TEXT: usize = 40_000;

/// After what was cut.
const CUT: char = '…';

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// Not JSON, not an object, or a form without `payload`.
    Invalid,
    /// Nothing in it is shown.
    NoText,
    TooManyAttachments,
}

/// The text of a message.
pub fn to_markdown(headers: &HeaderMap, body: &[u8]) -> Result<String, PayloadError> {
    let mut payload = parse(headers, body)?;
    shorten(&mut payload);
    let mut parts = Vec::new();
    let shown = payload["blocks"].as_array().map(|it| blocks(it));
    match shown.filter(|it| !it.is_empty()) {
        // With blocks, `text` is for notifications.
        Some(blocks) => parts.push(blocks),
        None => parts.push(text_of(&payload)),
    }
    let attachments = payload["attachments"].as_array();
    let attachments = attachments.map(Vec::as_slice).unwrap_or_default();
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(PayloadError::TooManyAttachments);
    }
    parts.extend(attachments.iter().map(attachment));
    let text = join(parts, "\n\n");
    // Postgres stores no text with NUL.
    let text = separated(&text.replace('\0', ""));
    if text.is_empty() {
        Err(PayloadError::NoText)
    } else {
        Ok(text)
    }
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Value, PayloadError> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_form = kind.starts_with("application/x-www-form-urlencoded")
        && !body.trim_ascii_start().starts_with(b"{");
    let parsed = if is_form {
        let mut fields = form_urlencoded::parse(body);
        let payload = fields.find(|(name, _)| name == "payload");
        let (_, payload) = payload.ok_or(PayloadError::Invalid)?;
        serde_json::from_str(&payload)
    } else {
        serde_json::from_slice(body)
    };
    match parsed {
        Ok(payload @ Value::Object(_)) => Ok(payload),
        _ => Err(PayloadError::Invalid),
    }
}

/// Cuts each text that is too long.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
                text.truncate(end);
                text.push(CUT);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn text_of(payload: &Value) -> String {
    let text = payload["text"].as_str().unwrap_or_default();
    if payload["mrkdwn"] == Value::Bool(false) {
        plain(text)
    } else {
        from_mrkdwn(text)
    }
}

/// An attachment as a quote. Its `fallback` is shown where nothing else is.
fn attachment(attachment: &Value) -> String {
    let string = |name: &str| attachment[name].as_str().unwrap_or_default();
    let titled = |name: &str, link_name: &str| {
        let label = plain(string(name));
        match string(link_name) {
            _ if label.is_empty() => String::new(),
            "" => label,
            address => link(string(name), address),
        }
    };
    let title = titled("title", "title_link");
    let title = if title.is_empty() {
        title
    } else {
        format!("**{title}**")
    };
    let inner = attachment["blocks"].as_array().map(|it| blocks(it));
    let fields = attachment["fields"].as_array();
    let fields = fields.into_iter().flatten().take(MAX_FIELDS).map(field);
    let actions = attachment["actions"].as_array();
    let actions = actions.into_iter().flatten().take(MAX_FIELDS).map(button);
    let picture = match string("image_url") {
        "" => String::new(),
        address => link("Image", address),
    };
    let shown = join(
        [
            titled("author_name", "author_link"),
            title,
            from_mrkdwn(string("text")),
            inner.unwrap_or_default(),
            join(fields, "\n"),
            join(actions, " "),
            picture,
            from_mrkdwn(string("footer")),
        ],
        "\n",
    );
    let shown = if shown.is_empty() {
        plain(string("fallback"))
    } else {
        shown
    };
    join(
        [from_mrkdwn(string("pretext")), quoted(&separated(&shown))],
        "\n\n",
    )
}

/// A field of an attachment: its title, and behind it its value.
fn field(field: &Value) -> String {
    let title = field["title"].as_str().unwrap_or_default();
    let title = plain(title.trim_end().trim_end_matches(':'));
    let value = match &field["value"] {
        Value::String(text) => from_mrkdwn(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    };
    match (title.is_empty(), value.is_empty()) {
        (true, _) => value,
        (false, true) => format!("**{title}**"),
        (false, false) => format!("**{title}**: {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT, PayloadError, to_markdown};
    use http::{HeaderMap, HeaderValue, header};
    use serde_json::{Value, json};

    fn of(payload: &Value) -> Result<String, PayloadError> {
        to_markdown(&HeaderMap::new(), payload.to_string().as_bytes())
    }

    fn form(body: &str) -> Result<String, PayloadError> {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        to_markdown(&headers, body.as_bytes())
    }

    #[test]
    fn a_text_is_a_message() {
        assert_eq!(of(&json!({ "text": "*Up*" })).unwrap(), "**Up**");
        let plain = json!({ "text": "*Up*", "mrkdwn": false });
        assert_eq!(of(&plain).unwrap(), r"\*Up\*");
        assert_eq!(
            form("payload=%7B%22text%22%3A%22a%26b%22%7D").unwrap(),
            "a&b"
        );
        // curl says that JSON is a form.
        assert_eq!(form(r#" {"text": "Hi"}"#).unwrap(), "Hi");
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_before_it_is_converted() {
        let fits = "ä".repeat(MAX_TEXT);
        assert_eq!(of(&json!({ "text": fits })).unwrap(), fits);
        let long = format!("{fits}bc");
        let section = json!({ "type": "section", "text": { "type": "mrkdwn", "text": long } });
        for payload in [json!({ "text": long }), json!({ "blocks": [section] })] {
            assert_eq!(of(&payload).unwrap(), format!("{fits}…"));
        }
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        for body in ["", "[]", "7", "{", "\"text\"", "null"] {
            let refused = to_markdown(&HeaderMap::new(), body.as_bytes());
            assert_eq!(refused, Err(PayloadError::Invalid), "{body}");
        }
        assert_eq!(form("text=Hi"), Err(PayloadError::Invalid));
        for empty in [
            json!({}),
            json!({ "text": " " }),
            json!({ "text": 7, "blocks": "x", "attachments": {} }),
            json!({ "attachments": [{}], "blocks": [{}] }),
        ] {
            assert_eq!(of(&empty), Err(PayloadError::NoText), "{empty}");
        }
        let many = json!({ "attachments": vec![json!({ "text": "a" }); 101] });
        assert_eq!(of(&many), Err(PayloadError::TooManyAttachments));
    }

    #[test]
    fn an_attachment_is_a_quote() {
        let payload = json!({
            "text": "Build",
            "username": "Jenkins",
            "icon_url": "https://example.org/a.png",
            "attachments": [{
                "fallback": "not shown",
                "pretext": "New:",
                "title": "Build #7",
                "title_link": "https://ci.example.org/7",
                "text": "All *green*",
                "fields": [
                    { "title": "Branch", "value": "main", "short": true },
                    { "title": "Tests", "value": 12 },
                ],
            }],
        });
        let text = "Build\n\nNew:\n\n> **[Build \\#7](<https://ci.example.org/7>)**\n\
            > All **green**\n> **Branch**: main\n> **Tests**: 12";
        assert_eq!(of(&payload).unwrap(), text);
        let fallback = json!({ "attachments": [{ "fallback": "Only <this>" }] });
        assert_eq!(of(&fallback).unwrap(), r"> Only \<this\>");
    }

    #[test]
    fn blocks_are_shown_in_place_of_the_text() {
        let payload = json!({
            "text": "for notifications",
            "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "*Shown*" } }],
        });
        assert_eq!(of(&payload).unwrap(), "**Shown**");
        let unknown = json!({ "text": "Instead", "blocks": [{ "type": "video" }] });
        assert_eq!(of(&unknown).unwrap(), "Instead");
    }
}
