//! Blocks of Slack's Block Kit as Markdown: those that show text. Others are passed over.

use super::markdown::{from_mrkdwn, join, link, plain, quoted};
use serde_json::Value;

/// Blocks of one payload that are shown, and elements of one block. Slack has 50 and fewer.
const MAX_BLOCKS: usize = 100;

/// Lists and quotes of rich text within each other.
const MAX_DEPTH: usize = 4;

pub fn blocks(blocks: &[Value]) -> String {
    join(blocks.iter().take(MAX_BLOCKS).map(block), "\n\n")
}

fn block(block: &Value) -> String {
    match block["type"].as_str().unwrap_or_default() {
        "section" => section(block),
        "header" => {
            let text = text_object(&block["text"]).replace('\n', " ");
            if text.trim().is_empty() {
                return text;
            }
            format!("## {text}")
        }
        "divider" => "---".to_owned(),
        "context" | "actions" => join(elements(block).map(element), " "),
        "image" => picture(block),
        "rich_text" => rich_parts(block, 0),
        "markdown" => block["text"].as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

fn elements(block: &Value) -> impl Iterator<Item = &Value> {
    let elements = block["elements"].as_array();
    elements.into_iter().flatten().take(MAX_BLOCKS)
}

fn section(block: &Value) -> String {
    let fields = block["fields"].as_array();
    let fields = fields.into_iter().flatten().take(MAX_BLOCKS);
    join(
        [
            text_object(&block["text"]),
            join(fields.map(text_object), "\n"),
            element(&block["accessory"]),
        ],
        "\n",
    )
}

/// `{type: "plain_text" | "mrkdwn", text}`.
fn text_object(object: &Value) -> String {
    let text = object["text"].as_str().unwrap_or_default();
    if object["type"] == "mrkdwn" {
        from_mrkdwn(text)
    } else {
        plain(text)
    }
}

/// An element of a context, of actions, or beside a section: a text, a picture, or a button that leads somewhere.
fn element(element: &Value) -> String {
    match element["type"].as_str().unwrap_or_default() {
        "mrkdwn" | "plain_text" => text_object(element),
        "image" => picture(element),
        "button" => button(element),
        _ => String::new(),
    }
}

/// A button that leads somewhere: of blocks, whose text is an object, or of an attachment.
pub fn button(button: &Value) -> String {
    let label = button["text"]["text"].as_str().or(button["text"].as_str());
    match button["url"].as_str() {
        Some(address) => link(label.unwrap_or_default(), address),
        None => String::new(),
    }
}

/// A picture as its alternative text, which leads to it.
fn picture(picture: &Value) -> String {
    let title = picture["title"]["text"].as_str();
    let alt = picture["alt_text"].as_str().or(title).unwrap_or_default();
    match picture["image_url"].as_str() {
        Some(address) if !alt.trim().is_empty() => link(alt, address),
        _ => plain(alt),
    }
}

fn rich_parts(parent: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return String::new();
    }
    let parts = elements(parent).map(|part| match part["type"].as_str().unwrap_or_default() {
        "rich_text_section" => rich_line(part),
        "rich_text_quote" => quoted(&rich_line(part)),
        "rich_text_preformatted" => {
            let code = join_raw(part).replace("```", "'''");
            format!("```\n{code}\n```")
        }
        "rich_text_list" => {
            let is_ordered = part["style"] == "ordered";
            let items = (1..).zip(elements(part)).map(|(number, item)| {
                let mark = if is_ordered {
                    format!("{number}.")
                } else {
                    "-".to_owned()
                };
                format!("{mark} {}", rich_line(item))
            });
            items.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    });
    join(parts, "\n\n")
}

/// The texts of a block of code, without Markdown.
fn join_raw(part: &Value) -> String {
    let texts = elements(part).filter_map(|it| it["text"].as_str().or(it["url"].as_str()));
    texts.collect()
}

fn rich_line(section: &Value) -> String {
    let texts = elements(section).map(|it| {
        let string = |name: &str| it[name].as_str().unwrap_or_default();
        match it["type"].as_str().unwrap_or_default() {
            "text" => styled(string("text"), &it["style"]),
            "link" => {
                let label = Some(string("text")).filter(|label| !label.is_empty());
                link(label.unwrap_or(string("url")), string("url"))
            }
            "emoji" => format!(":{}:", plain(string("name"))),
            "user" => plain(string("user_id")),
            "channel" => format!("\\#{}", plain(string("channel_id"))),
            "date" => plain(string("fallback")),
            "color" => plain(string("value")),
            "broadcast" => format!("@{}", plain(string("range"))),
            _ => String::new(),
        }
    });
    texts.collect()
}

/// Spaces at the ends stay outside of the signs, which would be none otherwise.
fn styled(text: &str, style: &Value) -> String {
    let inner = text.trim();
    if inner.is_empty() {
        return text.to_owned();
    }
    let is = |name: &str| style[name] == Value::Bool(true);
    let mut shown = if is("code") && !inner.contains('`') {
        format!("`{inner}`")
    } else {
        plain(inner)
    };
    for (name, sign) in [("bold", "**"), ("italic", "_"), ("strike", "~~")] {
        if is(name) {
            shown = format!("{sign}{shown}{sign}");
        }
    }
    let (before, after) = (
        &text[..text.len() - text.trim_start().len()],
        &text[text.trim_end().len()..],
    );
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use super::blocks;
    use serde_json::{Value, json};

    fn of(block: Value) -> String {
        blocks(&[block])
    }

    #[test]
    fn each_kind_that_shows_text_is_shown() {
        let header =
            json!({ "type": "header", "text": { "type": "plain_text", "text": "New *build*" } });
        assert_eq!(of(header), r"## New \*build\*");
        assert_eq!(of(json!({ "type": "divider" })), "---");
        let section = json!({
            "type": "section",
            "text": { "type": "mrkdwn", "text": "*A* <https://a.example|b>" },
            "fields": [{ "type": "mrkdwn", "text": "*x*\n1" }, { "type": "plain_text", "text": "_y_" }],
            "accessory": { "type": "image", "image_url": "https://a.example/c.png", "alt_text": "cat" },
        });
        assert_eq!(
            of(section),
            "**A** [b](<https://a.example>)\n**x**\n1\n\\_y\\_\n[cat](<https://a.example/c.png>)"
        );
        let context = json!({ "type": "context", "elements": [
            { "type": "image", "image_url": "javascript:x", "alt_text": "dot" },
            { "type": "mrkdwn", "text": "by _Ada_" },
        ] });
        assert_eq!(of(context), "dot by _Ada_");
        let rich = json!({ "type": "rich_text", "elements": [
            { "type": "rich_text_section", "elements": [
                { "type": "text", "text": "Hi " },
                { "type": "text", "text": "you ", "style": { "bold": true } },
                { "type": "link", "url": "https://a.example", "text": "there" },
            ] },
            { "type": "rich_text_list", "style": "bullet", "elements": [
                { "type": "rich_text_section", "elements": [{ "type": "text", "text": "one" }] },
                { "type": "rich_text_section", "elements": [{ "type": "text", "text": "two" }] },
            ] },
            { "type": "rich_text_preformatted", "elements": [{ "type": "text", "text": "*a*" }] },
        ] });
        assert_eq!(
            of(rich),
            "Hi **you** [there](<https://a.example>)\n\n- one\n- two\n\n```\n*a*\n```"
        );
    }

    #[test]
    fn what_is_of_another_form_is_passed_over() {
        for block in [
            json!(null),
            json!("section"),
            json!({ "type": 7 }),
            json!({ "type": "section", "text": "text", "fields": 7 }),
            json!({ "type": "context", "elements": [7, [], { "type": "video" }] }),
            json!({ "type": "rich_text", "elements": [{ "type": "rich_text_list" }] }),
        ] {
            assert_eq!(of(block.clone()), "", "{block}");
        }
    }
}
