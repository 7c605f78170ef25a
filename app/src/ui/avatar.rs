//! Avatars: of a user their picture, or their initials on a background of 8 colours.

use super::icon::{Icon, icon};
use crate::client::is_alphanumeric;
use leptos::prelude::*;
use model::{PictureSize, picture_of_size};

/// The colours that the style sheet has for avatars.
const HUES: i64 = 8;

/// Hidden from screen readers: the name stands beside it. The initials are there until the picture is, and where it does
/// not come.
pub fn avatar(id: i64, name: &str, url: Option<&str>) -> AnyView {
    avatar_of_size(id, name, url, PictureSize::Small)
}

/// The same for a card.
pub fn avatar_of_size(id: i64, name: &str, url: Option<&str>, size: PictureSize) -> AnyView {
    let class = format!("avatar hue-{}", hue(id));
    let picture = url.and_then(|url| picture(url, size));
    any_view! { <span class=class aria-hidden="true">{initials(name)} {picture}</span> }
}

/// The avatar of a group or a channel: its picture, over the icon of its kind.
pub fn kind_avatar(kind: Icon, url: Option<&str>) -> AnyView {
    let picture = url.and_then(|url| picture(url, PictureSize::Small));
    any_view! { <span class="avatar avatar-kind" aria-hidden="true">{icon(kind)} {picture}</span> }
}

/// A picture of this server. An address elsewhere is not loaded: whoever is there would learn who reads what, and when.
fn picture(url: &str, size: PictureSize) -> Option<AnyView> {
    let address = picture_of_size(url, size)?;
    Some(any_view! { <img src=address alt="" loading="lazy" decoding="async" draggable="false" /> })
}

/// The class of a name in the colour of its user's avatar.
pub fn name_class(id: i64) -> String {
    format!("sender name-{}", hue(id))
}

fn hue(id: i64) -> i64 {
    // Users with adjacent ids get different colours.
    id.wrapping_mul(5).rem_euclid(HUES)
}

/// The first letters of the first and the last word; the style sheet capitalises them.
fn initials(name: &str) -> String {
    let letter = |name: &str| name.chars().find(|c| is_alphanumeric(*c));
    let mut letters = name.split_whitespace().filter_map(letter);
    let first = letters.next();
    let last = letters.next_back();
    let text: String = first.into_iter().chain(last).collect();
    if text.is_empty() {
        "?".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{HUES, hue, initials};

    #[test]
    fn takes_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("grace", "g"),
            ("Grace Brewster Murray Hopper", "GH"),
            ("(Linus) torvalds", "Lt"),
            ("élodie", "é"),
            ("", "?"),
            ("🙂", "?"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn every_id_has_a_colour_that_exists() {
        for id in [0, 1, -1, 7, i64::MAX, i64::MIN] {
            assert!((0..HUES).contains(&hue(id)), "{id}");
        }
    }
}
