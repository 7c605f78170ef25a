//! Views of one type each. Leptos would otherwise be compiled anew for every closure, which was more
//! than half of the WebAssembly.

use leptos::prelude::*;
use std::sync::Arc;

/// A view that is built again when a signal that it reads changes.
pub fn dynamic_view(view: impl FnMut() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn FnMut() -> AnyView + Send> = Box::new(view);
    view.into_any()
}

/// A dynamic view that is empty while the closure returns `None`.
pub fn show_if(mut view: impl FnMut() -> Option<AnyView> + Send + 'static) -> AnyView {
    dynamic_view(move || view().unwrap_or_else(|| ().into_any()))
}

/// A text that may change. Leptos would keep the text node and change its data. A translation of the
/// page takes that node out of the document: the element around it stays, and gets the new text.
pub fn text_span(text: &str) -> AnyView {
    any_view! { <span inner_html=escape_html(text)></span> }
}

/// A text that changes with the signals it reads.
pub fn dynamic_text(mut text: impl FnMut() -> String + Send + 'static) -> AnyView {
    dynamic_view(move || text_span(&text()))
}

/// Escapes a text for `inner_html`, in elements and in attributes between quotes.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// An attribute value that changes with the signals it reads.
pub fn dynamic_attr<V: Into<String>>(
    mut value: impl FnMut() -> V + Send + 'static,
) -> Box<dyn FnMut() -> Option<String> + Send> {
    Box::new(move || Some(value().into()))
}

/// A dynamic attribute that is absent while the closure returns `None`.
pub fn optional_attr<V: Into<String>>(
    mut value: impl FnMut() -> Option<V> + Send + 'static,
) -> Box<dyn FnMut() -> Option<String> + Send> {
    Box::new(move || value().map(Into::into))
}

type BuildRow = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// A list with a row for each item. Rows whose key stays are moved and not built anew.
pub fn keyed_list<T: Send + Sync + 'static>(
    items: impl Fn() -> Vec<T> + Send + Sync + 'static,
    key: fn(&T) -> String,
    row: impl Fn(&T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    fn list(rows: Box<dyn Fn() -> Vec<(String, BuildRow)> + Send + Sync>) -> AnyView {
        any_view! { <For each=rows key=|(key, _)| key.clone() children=|(_, build)| build() /> }
    }
    let row = Arc::new(row);
    list(Box::new(move || {
        let build = |item| {
            let row = Arc::clone(&row);
            (key(&item), Arc::new(move || row(&item)) as BuildRow)
        };
        items().into_iter().map(build).collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::escape_html;

    #[test]
    fn a_text_ends_neither_its_element_nor_its_attribute() {
        for (text, html) in [
            ("a", "a"),
            ("", ""),
            ("<b>'é' & \"c\"", "&lt;b>&#39;é&#39; &amp; &quot;c&quot;"),
            ("&amp;", "&amp;amp;"),
        ] {
            assert_eq!(escape_html(text), html);
        }
    }
}
