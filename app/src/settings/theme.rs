//! The theme: light, dark, or that of the system. Kept in the cookie `theme` for a year, so that the
//! server renders it.

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
    use cookie::{Cookie, SameSite};
    let cookie = Cookie::build((COOKIE, Theme::from_name(&theme).name()))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(time::Duration::days(365));
    crate::request_context::append_cookie(&cookie.build());
    leptos_axum::redirect("/settings");
    Ok(())
}

/// The theme in the cookie of a request; that of the system if there is none.
pub fn chosen_theme(parts: &axum::http::request::Parts) -> Theme {
    let lines = parts.headers.get_all(axum::http::header::COOKIE).iter();
    // Other cookies of this host may have bytes that are no ASCII.
    let mut cookies = lines.flat_map(|line| {
        let line = String::from_utf8_lossy(line.as_bytes());
        cookie::Cookie::split_parse(line).flatten()
    });
    cookies
        .find(|cookie| cookie.name() == COOKIE)
        .map(|cookie| Theme::from_name(cookie.value_trimmed()))
        .unwrap_or_default()
}

#[component]
pub fn ThemeForm(chosen: Theme) -> impl IntoView {
    let options = Theme::ALL.map(|theme| {
        any_view! {
            <label class="choice">
                <input
                    type="radio"
                    name="theme"
                    value=theme.name()
                    checked=theme == chosen
                />
                {theme.label()}
            </label>
        }
    });
    any_view! {
        <form method="post" action=SetTheme::url()>
            <fieldset class="choices">
                <legend class="sr-only">"Theme"</legend>
                {Vec::from(options)}
            </fieldset>
            <noscript>
                <button class="button">"Apply"</button>
            </noscript>
        </form>
    }
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
