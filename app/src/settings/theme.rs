//! The theme: light, dark, or that of the system. Kept in the cookie `theme` for a year, so that the
//! server renders it.

use super::cookie_choice;
use crate::error::AppError;
use leptos::{prelude::*, server_fn::ServerFn};

const COOKIE: &str = "theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// `System` for an unknown name.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == name)
            .unwrap_or_default()
    }

    pub const fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

#[server(prefix = "/form", endpoint = "theme")]
#[allow(clippy::unused_async, reason = "every server function is one")]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    cookie_choice::keep(COOKIE, Theme::from_name(&theme).name());
    Ok(())
}

/// The theme in the cookie of a request; that of the system if there is none.
pub fn chosen_theme(parts: &axum::http::request::Parts) -> Theme {
    cookie_choice::chosen(parts, COOKIE)
        .map(|name| Theme::from_name(&name))
        .unwrap_or_default()
}

pub fn theme_form(chosen: Theme) -> AnyView {
    let options = Theme::ALL.map(|theme| (theme.name(), theme.label()));
    cookie_choice::choice_form(SetTheme::url(), COOKIE, "Theme", &options, chosen.name())
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn every_theme_is_found_by_its_name_and_no_other() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_name(theme.name()), theme);
        }
        assert_eq!(Theme::from_name("\"><script>"), Theme::System);
    }
}
