//! The theme: light, dark, or that of the system. Kept in the cookie `theme` for a year, so that the
//! server renders it.

use crate::{
    client::{spawn, use_client},
    error::AppError,
    ui::on,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
const COOKIE: &str = "theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    #[cfg(any(feature = "ssr", test))]
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == name)
            .unwrap_or_default()
    }

    #[cfg(feature = "ssr")]
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
#[cfg(feature = "ssr")]
pub fn chosen_theme(parts: &axum::http::request::Parts) -> Theme {
    let cookies = parts.headers.get(axum::http::header::COOKIE);
    cookies
        .and_then(|cookies| cookies.to_str().ok())
        .and_then(|cookies| {
            let mut cookies = cookie::Cookie::split_parse(cookies).flatten();
            cookies.find(|cookie| cookie.name() == COOKIE)
        })
        .map(|cookie| Theme::from_name(cookie.value()))
        .unwrap_or_default()
}

#[component]
pub fn ThemeForm(chosen: Theme) -> impl IntoView {
    let client = use_client();
    let choose = move |theme: Theme| {
        if let Some(page) = document().document_element() {
            let _ = page.set_attribute("data-theme", theme.name());
        }
        spawn(client.save_theme(theme.name()));
    };
    let options = Theme::ALL.map(|theme| {
        any_view! {
            <label class="choice">
                <input
                    type="radio"
                    name="theme"
                    value=theme.name()
                    checked=theme == chosen
                    on:change=on::input(move |_| choose(theme))
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
