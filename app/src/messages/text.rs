//! The text of a message, split at its entities. What is a link, a mention or emoji is decided by the
//! server, which also tells those who are mentioned.

use model::{Entity, EntityKind, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextSegment<'a> {
    Text(&'a str),
    Link(&'a str),
    /// The user, and the text as it was written.
    Mention(UserId, &'a str),
}

/// Splits a body at its links and mentions. An entity that does not fit the body is text.
pub fn split_text<'a>(body: &'a str, entities: &[Entity]) -> Vec<TextSegment<'a>> {
    let mut segments = Vec::new();
    let mut rest = Rest {
        text: body,
        unit: 0,
    };
    for entity in entities {
        let Some(before) = rest.take(entity.start) else {
            continue;
        };
        if !before.is_empty() {
            segments.push(TextSegment::Text(before));
        }
        let Some(written) = rest.take(entity.end) else {
            continue;
        };
        segments.push(match (entity.kind, entity.user_id) {
            (EntityKind::Link, _) => TextSegment::Link(written),
            (EntityKind::Mention, Some(user_id)) => TextSegment::Mention(user_id, written),
            _ => TextSegment::Text(written),
        });
    }
    if !rest.text.is_empty() {
        segments.push(TextSegment::Text(rest.text));
    }
    segments
}

/// Whether a message is nothing but emoji; it is then shown large.
pub fn is_emoji_only(entities: &[Entity]) -> bool {
    entities
        .first()
        .is_some_and(|it| it.kind == EntityKind::Emoji)
}

/// What is left of a body, and where it begins, in UTF-16 code units.
struct Rest<'a> {
    text: &'a str,
    unit: u32,
}

impl<'a> Rest<'a> {
    /// The text up to a code unit. `None` where that is behind, beyond the end or within a character.
    fn take(&mut self, to: u32) -> Option<&'a str> {
        let mut unit = self.unit;
        let mut chars = self.text.char_indices();
        while unit < to {
            // At most 2.
            unit += if chars.next()?.1 > '\u{ffff}' { 2 } else { 1 };
        }
        if unit > to {
            return None;
        }
        let (taken, rest) = self.text.split_at(chars.offset());
        *self = Self { text: rest, unit };
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::{TextSegment, split_text};
    use model::{Entity, EntityKind, UserId};

    fn split(body: &str, entities: &[(EntityKind, u32, u32)]) -> Vec<String> {
        let entities: Vec<_> = entities
            .iter()
            .map(|(kind, start, end)| Entity {
                kind: *kind,
                start: *start,
                end: *end,
                user_id: (*kind == EntityKind::Mention).then_some(UserId(7)),
            })
            .collect();
        let segments = split_text(body, &entities).into_iter();
        let shown = segments.map(|segment| match segment {
            TextSegment::Text(text) => text.to_owned(),
            TextSegment::Link(url) => format!("[{url}]"),
            TextSegment::Mention(UserId(id), written) => format!("<{id} {written}>"),
        });
        shown.collect()
    }

    #[test]
    fn cuts_where_the_server_says() {
        use EntityKind::{Emoji, Link, Mention};
        assert_eq!(
            split(
                "🙂你@ada https://a.example。",
                &[(Mention, 3, 7), (Link, 8, 25)]
            ),
            ["🙂你", "<7 @ada>", " ", "[https://a.example]", "。"]
        );
        assert_eq!(split("❤️ 👍", &[(Emoji, 0, 5)]), ["❤️ 👍"]);
        assert_eq!(split("@ada", &[(Mention, 0, 4)]), ["<7 @ada>"]);
    }

    #[test]
    fn keeps_every_character_whatever_the_entities_are() {
        use EntityKind::Link;
        for body in ["", "שלום עולם", "a\n\nb", "🙂é@"] {
            assert_eq!(split(body, &[]).concat(), body);
            for entities in [
                &[(Link, 1, 1)][..],
                &[(Link, 3, 1)],
                &[(Link, 0, 1), (Link, 0, 1)],
                &[(Link, 90, 99)],
                &[(Link, 0, 99)],
            ] {
                let kept = split(body, entities).concat().replace(['[', ']'], "");
                assert_eq!(kept, body, "{entities:?}");
            }
        }
    }
}
