//! Light, dark, or whatever the system says: kept in a cookie, so that the first paint knows.

use crate::{
    error::AppError,
    live::{spawn, use_live},
    ui::on,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

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
    let year = 60 * 60 * 24 * 365;
    let name = Theme::from_name(&theme).name();
    let cookie = format!("theme={name}; Path=/; SameSite=Lax; Max-Age={year}");
    if let (Ok(cookie), Some(response)) = (
        axum::http::HeaderValue::from_str(&cookie),
        use_context::<leptos_axum::ResponseOptions>(),
    ) {
        response.append_header(axum::http::header::SET_COOKIE, cookie);
    }
    Ok(())
}

/// The theme that this browser has chosen.
#[cfg(feature = "ssr")]
pub fn chosen(parts: &axum::http::request::Parts) -> Theme {
    let cookies = parts.headers.get(axum::http::header::COOKIE);
    cookies
        .and_then(|cookies| cookies.to_str().ok())
        .and_then(|cookies| {
            let mut cookies = cookies.split("; ");
            cookies.find_map(|cookie| cookie.strip_prefix("theme="))
        })
        .map(Theme::from_name)
        .unwrap_or_default()
}

#[component]
pub fn ThemeForm(chosen: Theme) -> impl IntoView {
    let live = use_live();
    let choose = move |theme: Theme| {
        if let Some(page) = document().document_element() {
            let _ = page.set_attribute("data-theme", theme.name());
        }
        spawn(live.keep_theme(theme.name()));
    };
    let options = Theme::ALL.map(|theme| {
        part! {
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
    part! {
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
