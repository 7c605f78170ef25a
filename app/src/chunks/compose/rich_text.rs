//! Formatted text of the clipboard as Markdown. The browser reads its HTML into a template, in which nothing runs and
//! nothing is fetched.

mod blocks;
mod escape;
mod node;
mod runs;
mod style;

pub use escape::escape;
use leptos::prelude::document;
use node::{Element, Node};
use wasm_bindgen::JsCast;

/// Bytes of the plain text beyond which formats are not read: no message takes so much, and large tables would keep
/// the page busy for seconds.
const MAX_PLAIN: usize = 40_000;

/// What somebody has copied.
#[derive(Debug, Default)]
pub struct Clip {
    pub plain: String,
    pub html: String,
    /// What Visual Studio Code says of the code, as JSON.
    pub editor: String,
}

/// The Markdown of what was copied. `None` where its plain text says the same.
pub fn to_markdown(clip: &Clip) -> Option<String> {
    if clip.html.is_empty() || clip.plain.len() > MAX_PLAIN {
        return None;
    }
    let nodes = parse(&clip.html)?;
    if !clip.editor.is_empty() || is_editor(&nodes) {
        return code(clip);
    }
    if !style::is_formatted(&nodes) {
        return None;
    }
    let text = blocks::markdown(&nodes);
    (!text.is_empty()).then_some(text)
}

/// Whether an editor of code has written it: all in one element of a font for code that keeps its spaces.
fn is_editor(nodes: &[Node]) -> bool {
    let mut elements = nodes.iter().filter_map(|node| match node {
        Node::Element(element) if element.name != "meta" => Some(element),
        Node::Text(_) | Node::Element(_) => None,
    });
    let Some(only) = elements.next().filter(|_| elements.next().is_none()) else {
        return matches!(nodes, [.., Node::Element(only)] if is_editor(&only.children));
    };
    let is_code = |element: &Element| {
        element.name == "div"
            && element.has_style("white-space", "pre")
            && element.has_style("font-family", "mono")
    };
    is_code(only) || matches!(&*only.name, "html" | "body") && is_editor(&only.children)
}

/// Code of an editor: a block where it has several lines. `None` where it has one, which is pasted as it is.
fn code(clip: &Clip) -> Option<String> {
    let code = clip.plain.trim_end_matches('\n');
    if !code.contains('\n') {
        return None;
    }
    let language = clip
        .editor
        .split_once(r#""mode":""#)
        .and_then(|(_, rest)| rest.split_once('"'));
    let language = language.map_or("", |(mode, _)| mode);
    let language = if language == "plaintext" {
        ""
    } else {
        language
    };
    Some(blocks::fence(code, language))
}

/// The nodes of a text of HTML.
fn parse(html: &str) -> Option<Vec<Node>> {
    let template = document().create_element("template").ok()?;
    template.set_inner_html(&with_renamed(html, "style=", STYLE));
    let template: web_sys::HtmlTemplateElement = template.dyn_into().ok()?;
    Some(read(&template.content(), 0))
}

/// What an attribute of a style is called while it is read: the page's policy refuses styles, in a template too.
const STYLE: &str = "data-copied-style=";

/// The text with another name for an attribute, wherever it may begin.
fn with_renamed(html: &str, name: &str, new: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut renamed = String::with_capacity(html.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(name) {
        if lower[..at].ends_with([' ', '\t', '\r', '\n', '\'', '"', '/']) {
            renamed += &html[from..at];
            renamed += new;
            from = at + name.len();
        }
    }
    renamed + &html[from..]
}

/// Elements within each other beyond which they are not read.
const MAX_DEPTH: usize = 100;

fn read(parent: &web_sys::Node, depth: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut next = parent.first_child().filter(|_| depth < MAX_DEPTH);
    while let Some(node) = next {
        next = node.next_sibling();
        if node.node_type() == web_sys::Node::TEXT_NODE {
            let text = node.text_content().unwrap_or_default();
            nodes.push(Node::Text(text.replace(STYLE, "style=")));
        } else if let Some(element) = node.dyn_ref::<web_sys::Element>() {
            let attribute = |name| element.get_attribute(name).unwrap_or_default();
            nodes.push(Node::Element(Element {
                name: element.local_name(),
                href: attribute("href"),
                style: attribute(STYLE.trim_end_matches('=')).to_lowercase(),
                class: attribute("class"),
                start: attribute("start"),
                children: read(&node, depth + 1),
            }));
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::with_renamed;

    #[test]
    fn renames_attributes_only() {
        let renamed = |html| with_renamed(html, "style=", "s=");
        let html = "<p class=\"é\"STYLE='a'\n style=b href='?style=c'>";
        assert_eq!(renamed(html), "<p class=\"é\"s='a'\n s=b href='?style=c'>");
    }
}
