//! What an operator sets for link previews.

use super::reach::Reach;

#[derive(Clone, Debug)]
pub struct LinkPreviewSettings {
    /// Whether this server makes any.
    pub enabled: bool,
    /// Which hosts it asks: those of the public internet, unless tests say otherwise.
    pub reach: Reach,
}

impl Default for LinkPreviewSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            reach: Reach::default(),
        }
    }
}
