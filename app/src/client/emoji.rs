//! The emoji that the page offers: a file that the first one who asks for them fetches.

use super::{ChatClient, browser};

/// Written by `bin/setup`, with the version of its package. It never changes under this address.
const PATH: &str = "/vendor/emoji-17.0.0.en.txt";

/// The key of the skin tone in `localStorage`.
const TONE_KEY: &str = "parlance.skin-tone";

impl ChatClient {
    /// The text of the file; `None` when it cannot be fetched.
    pub async fn load_emoji(self) -> Option<String> {
        let response = browser::fetch(self.my_id(), "GET", PATH, None).await?;
        (response.status < 400).then_some(response.body)
    }
}

/// The skin tone that was chosen in this browser, from 1 to 5; 0 is none.
pub fn skin_tone() -> usize {
    let stored = browser::stored(TONE_KEY);
    stored
        .and_then(|tone| tone.parse().ok())
        .unwrap_or_default()
}

pub fn keep_skin_tone(tone: usize) {
    browser::store(TONE_KEY, &tone.to_string());
}
