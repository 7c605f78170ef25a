//! Choices of how the page looks: kept in a cookie for a year, so that the server renders them.

use cookie::{Cookie, SameSite};
use leptos::prelude::*;

/// The value of a cookie of a request.
pub fn chosen(parts: &axum::http::request::Parts, name: &str) -> Option<String> {
    let lines = parts.headers.get_all(axum::http::header::COOKIE).iter();
    // Other cookies of this host may have bytes that are no ASCII.
    let mut cookies = lines.flat_map(|line| {
        let line = String::from_utf8_lossy(line.as_bytes());
        Cookie::split_parse(line).flatten()
    });
    let cookie = cookies.find(|cookie| cookie.name() == name)?;
    Some(cookie.value_trimmed().to_owned())
}

/// Keeps a choice, and leads back to the settings.
pub fn keep(name: &'static str, value: &'static str) {
    let cookie = Cookie::build((name, value))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(time::Duration::days(365));
    crate::request_context::append_cookie(&cookie.build());
    leptos_axum::redirect("/settings");
}

/// A form with one choice. Scripts show and send it when it changes (`forms::on_change`).
/// `options`: the value and the label of each.
pub fn choice_form(
    action: &'static str,
    name: &'static str,
    legend: &'static str,
    options: &[(&'static str, &'static str)],
    chosen: &'static str,
) -> AnyView {
    let options: Vec<_> = options
        .iter()
        .map(|(value, label)| {
            any_view! {
                <label class="choice">
                    <input type="radio" name=name value=*value checked=*value == chosen />
                    {*label}
                </label>
            }
        })
        .collect();
    any_view! {
        <form method="post" action=action>
            <fieldset class="choices">
                <legend class="sr-only">{legend}</legend>
                {options}
            </fieldset>
            <noscript>
                <button class="button">"Apply"</button>
            </noscript>
        </form>
    }
}
