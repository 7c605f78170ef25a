//! Fanouts with one event in them, which is what most rendering ends in.

use crate::gateway::{EncodedEvent, Fanout};
use chat::Result;
use serde::Serialize;

/// To every recipient of the audience.
pub fn to_all(name: &'static str, payload: &impl Serialize) -> Result<Vec<Fanout>> {
    Ok(vec![Fanout::to_all(EncodedEvent::new(name, payload)?)])
}

/// To the recipients that are in the room of the conversation.
pub fn to_room(name: &'static str, payload: &impl Serialize) -> Result<Vec<Fanout>> {
    let event = EncodedEvent::new(name, payload)?;
    Ok(vec![Fanout::to(event, |it| it.is_in_room)])
}

/// As `to_all`, for an event that a slow client may miss.
pub fn volatile_to_all(name: &'static str, payload: &impl Serialize) -> Result<Vec<Fanout>> {
    let event = EncodedEvent::new(name, payload)?.volatile();
    Ok(vec![Fanout::to_all(event)])
}

/// As `to_room`, for an event that a slow client may miss.
pub fn volatile_to_room(name: &'static str, payload: &impl Serialize) -> Result<Vec<Fanout>> {
    let event = EncodedEvent::new(name, payload)?.volatile();
    Ok(vec![Fanout::to(event, |it| it.is_in_room)])
}
