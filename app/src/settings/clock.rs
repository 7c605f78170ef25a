//! The clock: twelve hours, twenty-four, or that of the browser's language. Times are shown by the browser
//! (`ui/local_time.rs`), which reads the choice from the root element.

use super::cookie_choice;
use crate::error::AppError;
use leptos::{prelude::*, server_fn::ServerFn};

const COOKIE: &str = "clock";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// That of the browser's language.
    #[default]
    Automatic,
    Twelve,
    TwentyFour,
}

impl Clock {
    const ALL: [Self; 3] = [Self::Automatic, Self::Twelve, Self::TwentyFour];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Twelve => "12",
            Self::TwentyFour => "24",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Automatic => "As the language",
            Self::Twelve => "12 hours (2:05 PM)",
            Self::TwentyFour => "24 hours (14:05)",
        }
    }

    /// `Automatic` for an unknown name.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|clock| clock.name() == name)
            .unwrap_or_default()
    }
}

#[server(prefix = "/form", endpoint = "clock")]
#[allow(clippy::unused_async, reason = "every server function is one")]
pub async fn set_clock(clock: String) -> Result<(), AppError> {
    cookie_choice::keep(COOKIE, Clock::from_name(&clock).name());
    Ok(())
}

/// The clock in the cookie of a request; that of the language if there is none.
pub fn chosen_clock(parts: &axum::http::request::Parts) -> Clock {
    cookie_choice::chosen(parts, COOKIE)
        .map(|name| Clock::from_name(&name))
        .unwrap_or_default()
}

pub fn clock_form(chosen: Clock) -> AnyView {
    let options = Clock::ALL.map(|clock| (clock.name(), clock.label()));
    cookie_choice::choice_form(SetClock::url(), COOKIE, "Clock", &options, chosen.name())
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn every_clock_is_found_by_its_name_and_no_other() {
        for clock in Clock::ALL {
            assert_eq!(Clock::from_name(clock.name()), clock);
        }
        assert_eq!(Clock::from_name("\"><script>"), Clock::Automatic);
    }
}
