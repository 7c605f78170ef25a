//! HTML as the clipboard has it, with the attributes that say how it is formatted.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Text(String),
    Element(Element),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub href: String,
    /// In lower case.
    pub style: String,
    pub class: String,
    pub start: String,
    pub children: Vec<Node>,
}

impl Element {
    /// The value of a property of its style.
    pub fn style_of(&self, property: &str) -> Option<&str> {
        self.style.split(';').find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == property).then(|| value.trim())
        })
    }

    /// Whether the value of a property of its style has this text in it.
    pub fn has_style(&self, property: &str, value: &str) -> bool {
        self.style_of(property).is_some_and(|it| it.contains(value))
    }

    /// Whether nothing of it is read, as nothing of it was seen.
    pub fn is_unread(&self) -> bool {
        self.is_any(UNREAD) || self.style_of("display") == Some("none")
    }

    pub fn is_any(&self, names: &[&str]) -> bool {
        names.contains(&&*self.name)
    }

    /// All text in it.
    pub fn text(&self) -> String {
        text_of(&self.children)
    }
}

pub fn text_of(nodes: &[Node]) -> String {
    let text = |node: &Node| match node {
        Node::Text(text) => text.clone(),
        Node::Element(element) if element.name == "br" => "\n".to_owned(),
        Node::Element(element) if element.is_unread() => String::new(),
        Node::Element(element) => element.text(),
    };
    nodes.iter().map(text).collect()
}

/// Elements of which nothing is read.
const UNREAD: &[&str] = &[
    "script", "style", "head", "meta", "title", "noscript", "template", "svg", "button", "select",
    "textarea", "iframe", "object", "audio", "video", "link",
];
