//! The outline of a page: how many elements the server has rendered. Hydration walks over them and is
//! lost where a translation or an extension has added or removed some.

/// The attribute of `body` that has the number.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
const ATTRIBUTE: &str = "data-elements";

/// Elements of `body` that the server renders. Others are not ours.
#[cfg(feature = "hydrate")]
pub const OURS: &str = "a.skip-link,header,main,dialog";

/// Writes the number of elements into a rendered page.
#[cfg(feature = "ssr")]
pub fn record_outline(html: &str) -> String {
    let unset = format!("{ATTRIBUTE}=\"\"");
    let Some((head, body)) = html.split_once(&unset) else {
        return html.to_owned();
    };
    let count = count_elements(body);
    format!("{head}{ATTRIBUTE}=\"{count}\"{body}")
}

/// The elements of a rendered body. In texts and attributes `<` is escaped. Browsers with scripts take
/// what is in a `noscript` for text.
#[cfg(any(feature = "ssr", test))]
fn count_elements(body: &str) -> usize {
    let mut parts = body.split("<noscript");
    let first = parts.next().map_or(0, count_tags);
    parts.fold(first, |count, part| {
        let after = part
            .split_once("</noscript>")
            .map_or("", |(_, after)| after);
        count + 1 + count_tags(after)
    })
}

#[cfg(any(feature = "ssr", test))]
fn count_tags(html: &str) -> usize {
    let bytes = html.as_bytes();
    let is_tag = |pair: &&[u8]| pair[0] == b'<' && pair[1].is_ascii_alphabetic();
    bytes.windows(2).filter(is_tag).count()
}

/// Whether the document still has the elements that the server rendered, and no other before or in
/// them. What is appended to `body` is in nobody's way.
#[cfg(feature = "hydrate")]
pub fn is_intact() -> bool {
    use wasm_bindgen::JsCast;
    let document = leptos::prelude::document();
    let body = document.body();
    let rendered = body.and_then(|body| body.get_attribute(ATTRIBUTE)?.parse::<u32>().ok());
    let (Some(rendered), Ok(roots)) = (rendered, document.query_selector_all("body > *")) else {
        return true;
    };
    let mut found = 0;
    for index in 0..roots.length() {
        let root = roots.item(index).and_then(|root| root.dyn_into().ok());
        let root = root.filter(|root: &web_sys::Element| root.matches(OURS).unwrap_or(false));
        let inner = root.and_then(|root| root.query_selector_all("*").ok());
        let Some(inner) = inner else {
            return false;
        };
        found += 1 + inner.length();
        if found >= rendered {
            break;
        }
    }
    found == rendered
}

#[cfg(test)]
mod tests {
    use super::count_elements;

    #[test]
    fn counts_what_a_browser_with_scripts_makes_elements_of() {
        assert_eq!(count_elements(""), 0);
        let html =
            "<main class=\"a &lt;b\"><!>1 &lt;b<br>\n<svg><path d=\"\"/></svg></main></body>";
        assert_eq!(count_elements(html), 4);
        let html = "<p></p><noscript> <b>x</b></noscript><i></i><noscript><a></a></noscript>";
        assert_eq!(count_elements(html), 4);
    }
}
