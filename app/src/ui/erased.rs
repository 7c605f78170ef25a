//! Views of one type each: what the compiler would otherwise write out once for every
//! closure was more than half of the WebAssembly file.

use leptos::prelude::*;
use std::sync::Arc;

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

/// An attribute that follows the signals it reads.
pub fn attr<V: Into<String>>(
    mut value: impl FnMut() -> V + Send + 'static,
) -> Box<dyn FnMut() -> Option<String> + Send> {
    Box::new(move || Some(value().into()))
}

/// The same for one that is not always there.
pub fn maybe<V: Into<String>>(
    mut value: impl FnMut() -> Option<V> + Send + 'static,
) -> Box<dyn FnMut() -> Option<String> + Send> {
    Box::new(move || value().map(Into::into))
}

type Build = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// A row for each key, which moves with it and is not made anew. Names tell the keys apart.
pub fn each<K: Send + Sync + 'static>(
    keys: impl Fn() -> Vec<K> + Send + Sync + 'static,
    name: fn(&K) -> String,
    row: impl Fn(&K) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    fn list(rows: Box<dyn Fn() -> Vec<(String, Build)> + Send + Sync>) -> AnyView {
        part! { <For each=rows key=|(name, _)| name.clone() children=|(_, build)| build() /> }
    }
    let row = Arc::new(row);
    list(Box::new(move || {
        let build = |key| {
            let row = Arc::clone(&row);
            (name(&key), Arc::new(move || row(&key)) as Build)
        };
        keys().into_iter().map(build).collect()
    }))
}
