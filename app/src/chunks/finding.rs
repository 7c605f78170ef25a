//! The chunk of finding: the palette, the search panel, the lists of channels and people, profile cards.

mod channels;
mod commands;
mod jumps;
pub(in crate::chunks) mod matching;
mod name_box;
mod operators;
mod paged;
mod palette;
mod palette_items;
mod people;
mod profile_card;
mod search;
mod search_note;
mod search_results;
mod search_state;
mod snippet;
mod suggestions;
mod typed;
mod uses;

pub use matching::Sought;
pub use palette_items::{Item, Target, places};
pub use typed::{MAX_QUERY, find_typed};
pub use uses::Uses;

use crate::ui::{adopt_style, chunk};
use leptos::prelude::AnyView;

/// What this chunk shows.
#[derive(Clone, Copy)]
pub enum FindingPart {
    Palette,
    Search,
    Channels,
    People,
    Card,
}

chunk!(FINDING: FindingPart = finding, show);

fn show(part: FindingPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/choices.css"));
    adopt_style(include_str!("../../../style/chunks/palette.css"));
    adopt_style(include_str!("../../../style/chunks/finding.css"));
    adopt_style(include_str!("../../../style/chunks/search.css"));
    match part {
        FindingPart::Palette => palette::palette(),
        FindingPart::Search => search::search(),
        FindingPart::Channels => channels::channel_list(),
        FindingPart::People => people::people_list(),
        FindingPart::Card => profile_card::profile_card(),
    }
}
