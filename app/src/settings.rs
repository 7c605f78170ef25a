//! The settings page: profile, presence, theme, sessions. Its forms are HTML that only the server renders, so
//! that no first visit of a conversation downloads their code. The browser sends them, and puts what the
//! server answers in their place.

#[cfg(feature = "ssr")]
mod data;
mod forms;
#[cfg(feature = "ssr")]
mod groups;
mod page;
#[cfg(feature = "ssr")]
mod profile;
#[cfg(feature = "ssr")]
mod sections;
#[cfg(feature = "ssr")]
mod sessions;
#[cfg(feature = "ssr")]
mod theme;

#[cfg(feature = "ssr")]
pub use data::{Settings, load_settings};
#[cfg(feature = "hydrate")]
pub use forms::rendered_parts;
#[cfg(feature = "ssr")]
pub use groups::{GROUPS_PATH, GroupSettings, group_settings_page, load_group_settings};
pub use page::{SettingsParts, settings_page};
#[cfg(feature = "ssr")]
pub use theme::{Theme, chosen_theme};
