//! What is known of each emoji: the file of `bin/emoji`, read once.

use crate::client::{ChatClient, fold};
use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

static DATA: OnceLock<Arc<EmojiData>> = OnceLock::new();

/// The light skin tone, which the file has, and the others in their order.
const TONES: [&str; 5] = [
    "\u{1f3fb}",
    "\u{1f3fc}",
    "\u{1f3fd}",
    "\u{1f3fe}",
    "\u{1f3ff}",
];

#[derive(Debug, PartialEq, Eq)]
pub struct Emoji {
    text: String,
    pub label: String,
    /// Folded, as it is searched.
    pub name: String,
    pub codes: Vec<String>,
    pub tags: Vec<String>,
    /// With the light skin tone, if it has tones.
    light: Option<String>,
}

impl Emoji {
    pub fn with_tone(&self, tone: usize) -> String {
        let toned = self
            .light
            .as_ref()
            .zip(tone.checked_sub(1).and_then(|at| TONES.get(at)));
        toned.map_or_else(
            || self.text.clone(),
            |(light, tone)| light.replace(TONES[0], tone),
        )
    }

    /// The code by which it is shown.
    pub fn code(&self) -> &str {
        self.codes.first().map_or("", String::as_str)
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct EmojiData {
    pub emoji: Vec<Emoji>,
    /// With the place of each one's emoji.
    pub categories: Vec<(String, Range<usize>)>,
}

impl EmojiData {
    /// The emoji of a text, in any of its skin tones.
    pub fn find(&self, text: &str) -> Option<&Emoji> {
        self.emoji.iter().find(|emoji| {
            emoji.text == text || (1..=TONES.len()).any(|tone| emoji.with_tone(tone) == text)
        })
    }

    fn read(file: &str) -> Self {
        let mut data = Self::default();
        for line in file.lines() {
            let Some((text, rest)) = line.split_once('\t') else {
                let start = data.emoji.len();
                data.categories.push((line.to_owned(), start..start));
                continue;
            };
            let mut columns = rest.split('\t');
            let mut next = || columns.next().unwrap_or_default();
            let words = |column: &str| column.split_whitespace().map(str::to_owned).collect();
            let label = next();
            data.emoji.push(Emoji {
                text: text.to_owned(),
                label: label.to_owned(),
                name: fold(label),
                codes: words(next()),
                tags: words(&fold(next())),
                light: Some(next().to_owned()).filter(|light| !light.is_empty()),
            });
            if let Some((_, place)) = data.categories.last_mut() {
                place.end = data.emoji.len();
            }
        }
        data
    }
}

/// What was fetched before.
pub fn loaded() -> Option<Arc<EmojiData>> {
    DATA.get().cloned()
}

/// Fetches the file unless it is there. `None` if it cannot be fetched.
pub async fn load(client: ChatClient) -> Option<Arc<EmojiData>> {
    if loaded().is_none() {
        let file = client.load_emoji().await?;
        DATA.get_or_init(|| Arc::new(EmojiData::read(&file)));
    }
    loaded()
}

#[cfg(test)]
pub(super) fn sample() -> EmojiData {
    EmojiData::read(
        "Smileys\n😄\tgrinning face with smiling eyes\tsmile\teye grin happy lol\n\
         😎\tsmiling face with sunglasses\tsunglasses cool\tbright sun\n\
         People\n👍\tthumbs up\t+1 thumbsup\tgood hand yes\t👍🏻\n\
         Flags\n🇨🇮\tflag: Côte d’Ivoire\tcote_divoire\tci flag\n",
    )
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn reads_categories_and_skin_tones() {
        let data = sample();
        let places: Vec<_> = data
            .categories
            .iter()
            .map(|(name, place)| (&**name, place.clone()))
            .collect();
        assert_eq!(
            places,
            [("Smileys", 0..2), ("People", 2..3), ("Flags", 3..4)]
        );
        let thumb = &data.emoji[2];
        assert_eq!(
            [0, 1, 5, 6].map(|tone| thumb.with_tone(tone)),
            ["👍", "👍🏻", "👍🏿", "👍"]
        );
        assert_eq!(data.emoji[0].with_tone(5), "😄");
        assert_eq!(data.find("👍🏿"), Some(thumb));
        assert_eq!(data.find("🦀"), None);
    }
}
