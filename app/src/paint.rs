//! What a page is painted from: by the server, and once more by the browser, to the same end.

#[cfg(feature = "hydrate")]
use crate::{address::Place, json};
use crate::{settings::Settings, store::InitialState};
use model::Problem;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Paint {
    pub initial: InitialState,
    /// Why the conversation that was asked for is not there.
    pub missing: Option<Problem>,
    /// Why a form that was sent without scripts was refused.
    pub refused: Option<Problem>,
    pub settings: Option<Settings>,
}

/// The element that carries it to the browser.
pub const ELEMENT: &str = "paint";

/// What the server has put into this document, and where the reader is.
#[cfg(feature = "hydrate")]
pub fn of_document() -> Option<(Place, Paint)> {
    let document = leptos::prelude::document();
    let place = Place::of(&document.location()?.pathname().ok()?)?;
    let text = document.get_element_by_id(ELEMENT)?.text_content()?;
    Some((place, json::read(&text)?))
}

/// As the content of that element, in which nothing must look like its end.
#[cfg(feature = "ssr")]
pub fn to_element(paint: &Paint) -> String {
    // Nothing of it can fail to be written: its maps have strings for keys.
    let json = serde_json::to_string(paint).unwrap_or_default();
    json.replace('<', "\\u003c")
}
