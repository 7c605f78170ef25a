//! The rules of what only a chunk shows. They come with its code, so that the first visit does not wait for them.

use std::sync::Once;

/// A style sheet in the words of a browser: Tailwind does not see it.
pub struct ChunkStyle {
    rules: &'static str,
    adopted: Once,
}

impl ChunkStyle {
    pub const fn new(rules: &'static str) -> Self {
        Self {
            rules,
            adopted: Once::new(),
        }
    }

    /// Adds the rules to the page, once, before what they are for is in it.
    pub fn adopt(&self) {
        self.adopted.call_once(|| adopt(self.rules));
    }
}

/// A constructed style sheet needs neither a request nor an exception of the Content-Security-Policy.
#[cfg(target_family = "wasm")]
fn adopt(rules: &str) {
    use js_sys::{Array, Function, Reflect};
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue};

    let call = |object: &JsValue, name: &str, argument: &JsValue| {
        Reflect::get(object, &name.into())?
            .unchecked_into::<Function>()
            .call1(object, argument)
    };
    let adopted = || {
        let constructor: Function =
            Reflect::get(&window(), &"CSSStyleSheet".into())?.unchecked_into();
        let sheet = Reflect::construct(&constructor, &Array::new())?;
        call(&sheet, "replaceSync", &rules.into())?;
        let sheets = Reflect::get(&document(), &"adoptedStyleSheets".into())?;
        call(&sheets, "push", &sheet)
    };
    if adopted().is_err() {
        leptos::logging::warn!("a style sheet was not adopted");
    }
}

#[cfg(not(target_family = "wasm"))]
fn adopt(_: &str) {}
