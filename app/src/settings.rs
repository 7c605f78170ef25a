//! The settings page: profile, presence, theme, sessions.

mod data;
mod page;
mod profile;
mod sessions;
mod theme;

pub use data::Settings;
#[cfg(feature = "ssr")]
pub use data::load_settings;
pub use page::settings_page;
#[cfg(feature = "ssr")]
pub use theme::{Theme, chosen_theme};
