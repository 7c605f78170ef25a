//! Views of one type each: what the compiler would otherwise write out once for every
//! closure was more than half of the WebAssembly file.

use leptos::prelude::*;

/// A part of the page that follows the signals it reads.
pub fn dynamic(view: impl FnMut() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn FnMut() -> AnyView + Send> = Box::new(view);
    view.into_any()
}

/// The same for what is not always there.
pub fn shown(mut view: impl FnMut() -> Option<AnyView> + Send + 'static) -> AnyView {
    dynamic(move || view().unwrap_or_else(|| ().into_any()))
}

/// A text that follows the signals it reads.
pub fn text(text: impl FnMut() -> String + Send + 'static) -> AnyView {
    let text: Box<dyn FnMut() -> String + Send> = Box::new(text);
    text.into_any()
}
