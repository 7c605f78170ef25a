//! How messages and conversations are laid out. The style sheet reads it from the root element, as the theme.

use super::cookie_choice;
use crate::error::AppError;
use leptos::{prelude::*, server_fn::ServerFn};

const LAYOUT_COOKIE: &str = "layout";
const PREVIEWS_COOKIE: &str = "previews";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Rows in groups and channels, bubbles in direct conversations and on phones.
    #[default]
    Automatic,
    Rows,
    /// Rows without faces, each with its time and its name in the line.
    Compact,
}

impl Layout {
    const ALL: [Self; 3] = [Self::Automatic, Self::Rows, Self::Compact];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Rows => "rows",
            Self::Compact => "compact",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Automatic => "Automatic",
            Self::Rows => "Rows",
            Self::Compact => "Compact",
        }
    }

    /// `Automatic` for an unknown name.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|layout| layout.name() == name)
            .unwrap_or_default()
    }
}

/// Whether the list of conversations shows the newest message of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Previews {
    #[default]
    Hidden,
    Shown,
}

impl Previews {
    const ALL: [Self; 2] = [Self::Hidden, Self::Shown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Shown => "shown",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Hidden => "Names only",
            Self::Shown => "Names and the newest message",
        }
    }

    /// `Hidden` for an unknown name.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|previews| previews.name() == name)
            .unwrap_or_default()
    }
}

#[server(prefix = "/form", endpoint = "layout")]
#[allow(clippy::unused_async, reason = "every server function is one")]
pub async fn set_layout(layout: String) -> Result<(), AppError> {
    cookie_choice::keep(LAYOUT_COOKIE, Layout::from_name(&layout).name());
    Ok(())
}

#[server(prefix = "/form", endpoint = "previews")]
#[allow(clippy::unused_async, reason = "every server function is one")]
pub async fn set_previews(previews: String) -> Result<(), AppError> {
    cookie_choice::keep(PREVIEWS_COOKIE, Previews::from_name(&previews).name());
    Ok(())
}

/// The layout and the previews in the cookies of a request, or what they are without.
pub fn chosen_layout(parts: &axum::http::request::Parts) -> (Layout, Previews) {
    let chosen = |name| cookie_choice::chosen(parts, name).unwrap_or_default();
    (
        Layout::from_name(&chosen(LAYOUT_COOKIE)),
        Previews::from_name(&chosen(PREVIEWS_COOKIE)),
    )
}

pub fn layout_form(chosen: Layout) -> AnyView {
    let options = Layout::ALL.map(|layout| (layout.name(), layout.label()));
    let (url, name) = (SetLayout::url(), LAYOUT_COOKIE);
    cookie_choice::choice_form(url, name, "Message layout", &options, chosen.name())
}

pub fn previews_form(chosen: Previews) -> AnyView {
    let options = Previews::ALL.map(|previews| (previews.name(), previews.label()));
    let (url, name) = (SetPreviews::url(), PREVIEWS_COOKIE);
    cookie_choice::choice_form(url, name, "List of conversations", &options, chosen.name())
}

#[cfg(test)]
mod tests {
    use super::{Layout, Previews};

    #[test]
    fn every_choice_is_found_by_its_name_and_no_other() {
        for layout in Layout::ALL {
            assert_eq!(Layout::from_name(layout.name()), layout);
        }
        for previews in Previews::ALL {
            assert_eq!(Previews::from_name(previews.name()), previews);
        }
        assert_eq!(Layout::from_name("\"><script>"), Layout::Automatic);
        assert_eq!(Previews::from_name(""), Previews::Hidden);
    }
}
