//! The rules of what only a chunk shows. They come with its code, so that the first visit does not wait for them.

/// Adds the rules of a chunk to the page, once, before what they are for is in it. They are in the words of a browser:
/// Tailwind does not see them.
#[cfg(target_family = "wasm")]
pub fn adopt_style(rules: &'static str) {
    use std::cell::RefCell;

    thread_local! {
        static ADOPTED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }
    let is_known = ADOPTED.with_borrow_mut(|all| {
        let is_known = all.iter().any(|it| std::ptr::eq(*it, rules));
        if !is_known {
            all.push(rules);
        }
        is_known
    });
    if !is_known && adopt(rules).is_err() {
        leptos::logging::warn!("a style sheet was not adopted");
    }
}

/// A constructed style sheet needs neither a request nor an exception of the Content-Security-Policy.
#[cfg(target_family = "wasm")]
fn adopt(rules: &str) -> Result<(), wasm_bindgen::JsValue> {
    use js_sys::{Array, Function, Reflect};
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue};

    let call = |object: &JsValue, name: &str, argument: &JsValue| {
        Reflect::get(object, &name.into())?
            .unchecked_into::<Function>()
            .call1(object, argument)
    };
    let constructor: Function = Reflect::get(&window(), &"CSSStyleSheet".into())?.unchecked_into();
    let sheet = Reflect::construct(&constructor, &Array::new())?;
    call(&sheet, "replaceSync", &rules.into())?;
    let sheets = Reflect::get(&document(), &"adoptedStyleSheets".into())?;
    call(&sheets, "push", &sheet).map(drop)
}

/// The server renders nothing that such rules are for.
#[cfg(not(target_family = "wasm"))]
pub fn adopt_style(_: &'static str) {}
