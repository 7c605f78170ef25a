//! The data of a page. The server renders the page from it and embeds it in the document; the browser
//! reads it back and hydrates the same page.

#[cfg(feature = "hydrate")]
use crate::{json, router::Route};
use crate::{settings::SettingsParts, store::InitialState};
use model::Problem;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PageData {
    /// The path of the page. That of the document is another one where the page answers a form.
    pub path: String,
    pub initial: InitialState,
    /// Whether the browser has built the page anew, because something else had changed it.
    #[serde(skip)]
    pub is_anew: bool,
    /// Why the conversation of the route, or the message in it, could not be read.
    pub open_error: Option<Problem>,
    /// Why a form that was submitted without scripts was rejected.
    pub form_error: Option<Problem>,
    /// On the settings page only. The browser takes them from the document.
    #[serde(skip)]
    pub settings: Option<SettingsParts>,
}

/// The id of the `script` element that has the data, as JSON.
pub const ELEMENT_ID: &str = "page-data";

/// The route and the data of the current document. `None` on pages without data, which are not
/// hydrated.
#[cfg(feature = "hydrate")]
pub fn from_document() -> Option<(Route, PageData)> {
    let document = leptos::prelude::document();
    let text = document.get_element_by_id(ELEMENT_ID)?.text_content()?;
    let data: PageData = json::read(&text)?;
    if document.location()?.pathname().ok()? != data.path {
        let history = leptos::prelude::window().history().ok()?;
        let path = Some(data.path.as_str());
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", path);
    }
    Some((Route::from_path(&data.path)?, data))
}

/// The content of the element. `<` is escaped, so that no text of a user closes the element.
#[cfg(feature = "ssr")]
pub fn to_element(data: &PageData) -> String {
    // Serialising cannot fail: all maps have strings for keys.
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
}
