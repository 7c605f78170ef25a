//! The settings page: profile, presence, theme, sessions.

mod data;
#[cfg(feature = "ssr")]
mod groups;
mod page;
mod profile;
mod sessions;
mod theme;

pub use data::Settings;
#[cfg(feature = "ssr")]
pub use data::load_settings;
#[cfg(feature = "ssr")]
pub use groups::{GROUPS_PATH, GroupSettings, group_settings_page, load_group_settings};
pub use page::settings_page;
#[cfg(feature = "ssr")]
pub use theme::{Theme, chosen_theme};
