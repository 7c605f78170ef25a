//! Where the user was reading in each conversation that they have left. It lasts as long as the page.

use super::connection::with_state;
use crate::store::Place;
use model::ConversationId;

/// `None` where the user was at the end.
pub fn place(id: ConversationId) -> Option<Place> {
    with_state(|state| state.places.get(&id).copied())
}

pub fn keep_place(id: ConversationId, place: Option<Place>) {
    with_state(|state| match place {
        Some(place) => drop(state.places.insert(id, place)),
        None => drop(state.places.remove(&id)),
    });
}
