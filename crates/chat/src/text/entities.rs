//! The entities of a body: what clients show otherwise than as plain text.

use super::{
    emoji::is_emoji_only,
    links::links,
    mentions::{self, MentionedUser},
};
use model::{Entity, EntityKind, UserId};
use std::ops::Range;

/// The links of a body, its mentions of these users, and whether it is nothing but emoji, in the order of
/// the text.
pub fn entities(body: &str, mentioned: &[MentionedUser]) -> Vec<Entity> {
    let links = links(body);
    let mentions = mentions::mentions(body, &links, mentioned);
    let mut found: Vec<(Range<usize>, EntityKind, Option<UserId>)> = links
        .into_iter()
        .map(|range| (range, EntityKind::Link, None))
        .chain(
            mentions
                .into_iter()
                .map(|(range, id)| (range, EntityKind::Mention, Some(id))),
        )
        .collect();
    if found.is_empty() && is_emoji_only(body) {
        found.push((0..body.len(), EntityKind::Emoji, None));
    }
    found.sort_unstable_by_key(|(range, ..)| range.start);
    in_code_units(body, found)
}

/// What is written after each `@` that may be a mention: not within words and links.
pub fn mentioned_names(body: &str) -> Vec<String> {
    if !body.contains(['@', '＠']) {
        return Vec::new();
    }
    mentions::names(body, &links(body))
}

/// Offsets in UTF-16 in place of those in bytes, found in one pass.
fn in_code_units(
    body: &str,
    found: Vec<(Range<usize>, EntityKind, Option<UserId>)>,
) -> Vec<Entity> {
    let (mut byte, mut unit) = (0, 0);
    let mut advance = |to: usize| {
        unit += body[byte..to].chars().map(char::len_utf16).sum::<usize>();
        byte = to;
        u32::try_from(unit).unwrap_or(u32::MAX)
    };
    let entities = found.into_iter().map(|(range, kind, user_id)| Entity {
        kind,
        start: advance(range.start),
        end: advance(range.end),
        user_id,
    });
    entities.collect()
}

#[cfg(test)]
mod tests {
    use super::{MentionedUser, entities};
    use model::{EntityKind, UserId};

    #[test]
    fn offsets_count_as_strings_of_javascript_do() {
        let ada = MentionedUser {
            id: UserId(7),
            username: "ada".to_owned(),
            name: String::new(),
        };
        let found = entities("🙂你@ada https://a.example。", &[ada]);
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
        let emoji = entities("❤️ 👍", &[]);
        assert_eq!((emoji[0].kind, emoji[0].end), (EntityKind::Emoji, 5));
        assert!(entities("plain", &[]).is_empty());
    }
}
