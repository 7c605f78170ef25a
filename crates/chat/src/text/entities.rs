//! The entities of a body: what clients show otherwise than as plain text.

use super::{
    emoji::is_emoji_only,
    links::links,
    markdown::{self, Document},
    mentions::{self, Mentioned, Whom},
    previews::{MAX_READ, shorten},
};
use model::{Entity, EntityKind, Wildcard};
use std::ops::Range;

/// Entities of a body, at most: the first ones.
const MAX_ENTITIES: usize = 500;

/// What is made of a body for those who show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// `None` where it is shown as it was typed.
    pub html: Option<String>,
    /// The text in one line, without Markdown; `None` where it has none.
    pub preview: Option<String>,
    pub entities: Vec<Entity>,
}

/// Renders a body, with its mentions of these.
pub fn render(body: &str, mentioned: &[Mentioned]) -> Rendered {
    let document = markdown::parse(body);
    Rendered {
        html: markdown::html(body, &document, mentioned),
        preview: markdown::preview(body, &document, false),
        entities: entities(body, &document, mentioned),
    }
}

/// As `Rendered::preview`, of the first `MAX_READ` characters of a body, which may end within what is bold or
/// hidden. Plain text that is longer than a preview has one, too.
pub fn preview_of_beginning(beginning: &str, is_marked: bool) -> Option<String> {
    let goes_on = beginning.chars().nth(MAX_READ - 1).is_some();
    let mut closed = beginning.to_owned();
    for sign in ["**", "||"] {
        if beginning.matches(sign).count() % 2 == 1 {
            closed.push_str(sign);
        }
    }
    let preview = || markdown::preview(&closed, &markdown::parse(&closed), goes_on);
    let marked = if is_marked { preview() } else { None };
    marked.or_else(|| {
        let line = markdown::one_line(beginning, MAX_READ);
        let preview = shorten(&line, goes_on);
        (preview != line).then_some(preview)
    })
}

/// The text of a body as it is read: without Markdown, and without what a spoiler hides. `None` where that is
/// the body itself.
pub fn plain_text(body: &str) -> Option<String> {
    markdown::plain_text(body, &markdown::parse(body))
}

/// The links of a body, its mentions of these, and whether it is nothing but emoji, in the order of
/// the text. What is in code, or in the label of a link, is none.
fn entities(body: &str, document: &Document, mentioned: &[Mentioned]) -> Vec<Entity> {
    let mut found: Vec<(Range<usize>, EntityKind, Option<Whom>)> = Vec::new();
    if !mentioned.is_empty() || body.contains("://") {
        for run in document.runs(body) {
            let text = &body[run.clone()];
            let in_body = |range: Range<usize>| run.start + range.start..run.start + range.end;
            let links = links(text);
            let mentions = mentions::mentions(text, &links, mentioned);
            let links = links.into_iter();
            found.extend(links.map(|range| (in_body(range), EntityKind::Link, None)));
            let mentions = mentions.into_iter();
            found.extend(
                mentions.map(|(range, whom)| (in_body(range), EntityKind::Mention, Some(whom))),
            );
        }
    }
    if found.is_empty() && matches!(document, Document::Plain) && is_emoji_only(body) {
        found.push((0..body.len(), EntityKind::Emoji, None));
    }
    found.sort_unstable_by_key(|(range, ..)| range.start);
    found.truncate(MAX_ENTITIES);
    in_code_units(body, found)
}

/// What is written after each `@` that may be a mention: not within words, links and code.
pub fn mentioned_names(body: &str) -> Vec<String> {
    let mut names = Vec::new();
    if !body.contains(['@', '＠']) {
        return names;
    }
    for run in markdown::parse(body).runs(body) {
        let text = &body[run];
        for name in mentions::names(text, &links(text)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Those of `mentioned_names` that may mention many.
pub fn wildcard_names(body: &str) -> Vec<String> {
    let mut names = mentioned_names(body);
    names.retain(|name| mentions::wildcard(name).is_some());
    names
}

/// The wildcards whose words are written in a body, whether or not its sender may mention many.
pub fn wildcards(body: &str) -> Vec<Wildcard> {
    let names = mentioned_names(body);
    names
        .iter()
        .filter_map(|name| mentions::wildcard(name))
        .collect()
}

/// Offsets in UTF-16 in place of those in bytes, found in one pass.
fn in_code_units(body: &str, found: Vec<(Range<usize>, EntityKind, Option<Whom>)>) -> Vec<Entity> {
    let (mut byte, mut unit) = (0, 0);
    let mut advance = |to: usize| {
        unit += body[byte..to].chars().map(char::len_utf16).sum::<usize>();
        byte = to;
        u32::try_from(unit).unwrap_or(u32::MAX)
    };
    let entities = found.into_iter().map(|(range, kind, whom)| Entity {
        kind,
        start: advance(range.start),
        end: advance(range.end),
        user_id: match whom {
            Some(Whom::User(id)) => Some(id),
            _ => None,
        },
        who: match whom {
            Some(Whom::Many(wildcard)) => Some(wildcard),
            _ => None,
        },
    });
    entities.collect()
}

#[cfg(test)]
mod tests {
    use super::{Mentioned, mentioned_names, preview_of_beginning, render, wildcard_names};
    use model::{EntityKind, UserId, Wildcard};

    #[test]
    fn offsets_count_as_strings_of_javascript_do() {
        let ada = Mentioned::user(UserId(7), "ada".to_owned());
        let found = render("🙂你@ada https://a.example。", &[ada]).entities;
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.kind, it.start, it.end, it.user_id))
            .collect();
        assert_eq!(
            found,
            [
                (EntityKind::Mention, 3, 7, Some(UserId(7))),
                (EntityKind::Link, 8, 25, None)
            ]
        );
        let emoji = render("❤️ 👍", &[]).entities;
        assert_eq!((emoji[0].kind, emoji[0].end), (EntityKind::Emoji, 5));
        assert!(render("plain", &[]).entities.is_empty());
    }

    #[test]
    fn code_and_labels_have_no_mentions_and_no_links() {
        let kim = Mentioned::user(UserId(7), "kim".to_owned());
        for body in [
            "`@kim https://a.example`",
            "```\n@kim\nhttps://a.example\n```",
            "[@kim](https://a.example)",
            "    @kim",
        ] {
            assert!(
                render(body, std::slice::from_ref(&kim)).entities.is_empty(),
                "{body}"
            );
            assert!(mentioned_names(body).is_empty(), "{body}");
        }
        let found = render("🙂 **@kim**, `x` _<https://a.example/_x_y>_", &[kim]).entities;
        let found: Vec<_> = found.iter().map(|it| (it.kind, it.start, it.end)).collect();
        assert_eq!(
            found,
            [(EntityKind::Mention, 5, 9), (EntityKind::Link, 19, 41)]
        );
        assert_eq!(
            mentioned_names("**@kim** and @ada, `@linus`"),
            ["kim", "ada"]
        );
    }

    #[test]
    fn a_mention_of_many_says_whom_it_means() {
        let many: Vec<_> = Mentioned::many(Wildcard::Here).collect();
        let found = render("🙂 @here and `@here`", &many);
        let entities = found
            .entities
            .iter()
            .map(|it| (it.start, it.end, it.user_id, it.who));
        assert_eq!(
            entities.collect::<Vec<_>>(),
            [(3, 8, None, Some(Wildcard::Here))]
        );
        let json = serde_json::to_value(&found.entities[0]).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"type": "mention", "start": 3, "end": 8, "who": "here"})
        );
        assert_eq!(wildcard_names("@ada, @All. and `@here`"), ["all."]);
        assert!(wildcard_names("all of you, @ada").is_empty());
    }

    #[test]
    fn the_preview_of_a_beginning_is_closed_and_says_that_the_text_goes_on() {
        let preview = |body: &str| preview_of_beginning(body, true);
        assert_eq!(preview("see **bold and").as_deref(), Some("see bold and"));
        assert_eq!(preview("||hidden and").as_deref(), Some("[spoiler]"));
        assert_eq!(preview("plain"), None);
        assert_eq!(preview(&"x".repeat(200)), None);
        let shown = preview(&"word ".repeat(52)).unwrap();
        assert!(shown.ends_with("word…"), "{shown}");
        let hidden = format!("a ||{}", "x".repeat(260));
        assert_eq!(preview(&hidden).as_deref(), Some("a [spoiler]…"));
        // What the server says has no Markdown.
        assert_eq!(preview_of_beginning("**Ada** joined", false), None);
    }
}
