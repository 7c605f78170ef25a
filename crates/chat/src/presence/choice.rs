//! The presence that a user chose, as the database writes it.

use model::PresenceChoice;

pub fn parse_choice(text: &str) -> PresenceChoice {
    match text {
        "away" => PresenceChoice::Away,
        "invisible" => PresenceChoice::Invisible,
        _ => PresenceChoice::Online,
    }
}

pub fn choice_text(choice: PresenceChoice) -> &'static str {
    match choice {
        PresenceChoice::Online => "online",
        PresenceChoice::Away => "away",
        PresenceChoice::Invisible => "invisible",
    }
}
