//! What the settings page is made of, beside the user's presence.

#[cfg(feature = "ssr")]
use super::data::Settings;

/// What is above the presence and what is below it.
#[derive(Clone, Debug)]
pub enum SettingsParts {
    /// On the server.
    #[cfg(feature = "ssr")]
    Data(Box<Settings>),
    /// In the browser: the HTML that the server has rendered.
    Rendered([String; 2]),
}
