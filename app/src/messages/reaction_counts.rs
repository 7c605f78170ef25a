//! How often each reaction was picked in this browser: the most used ones are offered first.

use crate::{json, store::Map};
use leptos::prelude::window;
use std::cmp::Reverse;

const COMMON: [&str; 24] = [
    "👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "🔥", "👏", "💯", "😊", "😍", "🤔", "😅",
    "🙌", "🚀", "👋", "💡", "😎", "🥳", "👎", "❌",
];

/// So many of the user's most used reactions come first.
const MAX_FAVOURITES: usize = 8;

/// The key of the counts in `localStorage`: a list of pairs of emoji and count, as JSON.
const STORAGE_KEY: &str = "parlance.reactions";

/// The most used reactions, then the common ones; at most `count`.
pub fn most_used(count: usize) -> Vec<String> {
    let mut emoji = favourites(&stored_counts(), &COMMON);
    emoji.truncate(count);
    emoji
}

fn favourites(counts: &[(String, u32)], common: &[&str]) -> Vec<String> {
    let counts = counts.iter().enumerate();
    let used: Map<_, _> = counts
        .map(|(at, (emoji, count))| ((Reverse(*count), at), emoji.clone()))
        .collect();
    let mut emoji: Vec<_> = used.into_values().take(MAX_FAVOURITES).collect();
    for common in common {
        if !emoji.iter().any(|emoji| emoji == common) {
            emoji.push((*common).to_owned());
        }
    }
    emoji
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn stored_counts() -> Vec<(String, u32)> {
    storage()
        .and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten())
        .and_then(|text| json::read(&text))
        .unwrap_or_default()
}

/// Counts a use.
pub fn record_use(emoji: &str) {
    let mut counts = stored_counts();
    match counts.iter_mut().find(|(known, _)| known == emoji) {
        Some((_, count)) => *count += 1,
        None => counts.push((emoji.to_owned(), 1)),
    }
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&counts)) {
        // If the storage is full, this use is not counted.
        let _ = storage.set_item(STORAGE_KEY, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::favourites;

    #[test]
    fn favourites_come_first_and_nothing_twice() {
        let counts = [("❤️".to_owned(), 1), ("🦀".to_owned(), 5)];
        assert_eq!(favourites(&counts, &["👍", "❤️"]), ["🦀", "❤️", "👍"]);
        assert_eq!(favourites(&[], &["👍", "❤️"]), ["👍", "❤️"]);
    }
}
