//! The settings page: profile, presence, theme, clock, layout, sessions. Its forms are HTML that only the server renders, so
//! that no first visit of a conversation downloads their code. The browser sends them, and puts what the
//! server answers in their place.

#[cfg(feature = "ssr")]
mod clock;
#[cfg(feature = "ssr")]
mod cookie_choice;
#[cfg(feature = "ssr")]
mod data;
#[cfg(feature = "ssr")]
mod email;
mod forms;
#[cfg(feature = "ssr")]
mod groups;
#[cfg(feature = "ssr")]
mod identities;
#[cfg(feature = "ssr")]
mod layout;
mod page;
mod parts;
#[cfg(feature = "ssr")]
mod password;
#[cfg(feature = "ssr")]
mod personal_data;
#[cfg(feature = "ssr")]
mod picture;
#[cfg(feature = "ssr")]
mod profile;
#[cfg(feature = "ssr")]
mod qr_code;
#[cfg(feature = "ssr")]
mod remembered_devices;
#[cfg(feature = "ssr")]
mod sections;
#[cfg(feature = "ssr")]
mod sessions;
#[cfg(feature = "ssr")]
mod theme;
#[cfg(feature = "ssr")]
mod tokens;
#[cfg(feature = "ssr")]
mod two_factor;

#[cfg(feature = "ssr")]
pub use clock::{Clock, chosen_clock};
#[cfg(feature = "ssr")]
pub use data::load_settings;
#[cfg(feature = "ssr")]
pub use email::{EMAIL_PATH, EmailSettings, email_page, load_email};
#[cfg(feature = "hydrate")]
pub use forms::rendered_parts;
#[cfg(feature = "ssr")]
pub use groups::{GROUPS_PATH, GroupSettings, group_settings_page, load_group_settings};
#[cfg(feature = "ssr")]
pub use identities::{IDENTITIES_PATH, IdentitySettings, identities_page, load_identities};
#[cfg(feature = "ssr")]
pub use layout::{Layout, Previews, chosen_layout};
pub use page::settings_page;
pub use parts::SettingsParts;
#[cfg(feature = "ssr")]
pub use password::{PASSWORD_PATH, own_proof, password_page};
#[cfg(feature = "ssr")]
pub use personal_data::{
    DATA_PATH, DELETION_PATH, DataSettings, data_page, deletion_page, load_data_settings,
};
#[cfg(feature = "ssr")]
pub use theme::{Theme, chosen_theme};
#[cfg(feature = "ssr")]
pub use tokens::{TOKENS_PATH, TokenSettings, load_tokens, tokens_page};
#[cfg(feature = "ssr")]
pub use two_factor::{TWO_FACTOR_PATH, TwoFactorSettings, load_two_factor, two_factor_page};
