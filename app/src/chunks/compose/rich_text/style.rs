//! Which format an element gives to its text: by its name, or by its style, as office programs write it.

use super::node::{Element, Node};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "any of them may go with any other"
)]
pub struct Format {
    pub link: Option<String>,
    pub bold: bool,
    pub italic: bool,
    pub strikethrough: bool,
    pub code: bool,
}

impl Format {
    /// The format within an element.
    #[must_use]
    pub fn within(&self, element: &Element) -> Self {
        let mut format = self.clone();
        match &*element.name {
            "b" | "strong" => format.bold = true,
            "i" | "em" | "cite" | "dfn" | "var" => format.italic = true,
            "s" | "del" | "strike" => format.strikethrough = true,
            "code" | "kbd" | "samp" | "tt" => format.code = true,
            "a" if is_link(&element.href) => format.link = Some(element.href.trim().to_owned()),
            _ => {}
        }
        // Google Docs wraps all it copies in a `b` that is not bold.
        if let Some(weight) = element.style_of("font-weight") {
            format.bold =
                weight.starts_with("bold") || weight.parse().is_ok_and(|it: u32| it >= 600);
        }
        if let Some(style) = element.style_of("font-style") {
            format.italic = style.starts_with("italic") || style.starts_with("oblique");
        }
        let lines = ["text-decoration", "text-decoration-line"];
        format.strikethrough |= lines.iter().any(|it| element.has_style(it, "line-through"));
        format
    }
}

fn is_link(address: &str) -> bool {
    let address = address.trim().to_lowercase();
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| address.starts_with(scheme))
}

/// Elements that Markdown has words for, apart from the formats of texts.
const BLOCKS: &[&str] = &[
    "ul",
    "ol",
    "blockquote",
    "pre",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
];

/// Whether there is anything that the plain text does not say.
pub fn is_formatted(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| {
        let Node::Element(element) = node else {
            return false;
        };
        element.is_any(BLOCKS)
            || element.style.contains("mso-list")
            || Format::default().within(element) != Format::default()
            || is_formatted(&element.children)
    })
}
