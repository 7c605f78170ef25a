//! The outline of a page: how many elements the server has rendered. Hydration walks over them and is
//! lost where a translation or an extension has added or removed some.

/// The attribute of `body` that has the number.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
const ATTRIBUTE: &str = "data-elements";

/// Children of `body` that the server renders; Leptos ends it with scripts. Others are not ours.
#[cfg(feature = "hydrate")]
const OURS: &str = "a.skip-link,header,main,dialog,script";

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

/// The elements of a rendered body, without its scripts: an extension may append one. In texts and
/// attributes `<` is escaped. Browsers with scripts take what is in a `noscript` for text.
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
    let tags = html.split('<').skip(1);
    let is_counted = |tag: &&str| {
        tag.starts_with(|c: char| c.is_ascii_alphabetic()) && !tag.starts_with("script")
    };
    tags.filter(is_counted).count()
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
        let Some(root) = root.filter(|root: &web_sys::Element| found < rendered || is_ours(root))
        else {
            continue;
        };
        if root.matches("script").unwrap_or(false) {
            continue;
        }
        let inner = root.query_selector_all(":not(script)");
        let (true, Ok(inner)) = (is_ours(&root), inner) else {
            return false;
        };
        found += 1 + inner.length();
    }
    found == rendered
}

/// Whether a child of `body` is one that the server renders.
#[cfg(feature = "hydrate")]
pub fn is_ours(root: &web_sys::Element) -> bool {
    root.matches(OURS).unwrap_or(false)
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
        assert_eq!(count_elements("<p></p><script>1</script>"), 1);
        let html = "<p></p><noscript> <b>x</b></noscript><i></i><noscript><a></a></noscript>";
        assert_eq!(count_elements(html), 4);
    }
}
