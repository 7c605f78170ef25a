use super::{
    super::node::{Element, Node},
    markdown,
};

fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

fn with(name: &str, change: impl FnOnce(&mut Element), children: Vec<Node>) -> Node {
    let mut element = Element {
        name: name.to_owned(),
        children,
        ..Element::default()
    };
    change(&mut element);
    Node::Element(element)
}

fn tag<const N: usize>(name: &str, children: [Node; N]) -> Node {
    with(name, |_| {}, children.into())
}

fn styled<const N: usize>(name: &str, style: &str, children: [Node; N]) -> Node {
    with(name, |it| style.clone_into(&mut it.style), children.into())
}

fn link(address: &str, children: Vec<Node>) -> Node {
    with("a", |it| address.clone_into(&mut it.href), children)
}

#[test]
fn formats_of_texts() {
    let nodes = [tag(
        "p",
        [
            text("a "),
            tag("b", [text("bold ")]),
            tag("strong", [text("on")]),
            tag("i", [text(" it"), tag("b", [text("both")])]),
            tag("s", [text("x")]),
            tag("code", [text("a*b`c")]),
            text(" 2*3"),
        ],
    )];
    assert_eq!(
        markdown(&nodes),
        "a **bold on** *it**both***~~x~~``a*b`c`` 2\\*3"
    );
}

#[test]
fn links_lead_to_web_pages_only() {
    let nodes = [
        link("https://a.example/(x)", vec![tag("b", [text("here")])]),
        text(" "),
        link("https://a.example/", vec![text("https://a.example/")]),
        text(" "),
        link("javascript:alert(1)", vec![text("no")]),
    ];
    assert_eq!(
        markdown(&nodes),
        "[**here**](https://a.example/%28x%29) https://a.example/ no"
    );
}

#[test]
fn lists_within_lists_as_browsers_and_google_docs_write_them() {
    let inner = || tag("ul", [tag("li", [text("c")])]);
    let browser = tag(
        "ol",
        [
            tag("li", [tag("p", [text("a")])]),
            tag("li", [text("b"), inner()]),
        ],
    );
    let docs = tag(
        "ol",
        [tag("li", [text("a")]), tag("li", [text("b")]), inner()],
    );
    for list in [browser, docs] {
        assert_eq!(
            markdown(&[text("x"), list, text("y")]),
            "x\n\n1. a\n2. b\n   - c\n\ny"
        );
    }
}

#[test]
fn what_google_docs_copies() {
    let span = |style, content| styled("span", style, [text(content)]);
    let nodes = [styled(
        "b",
        "font-weight:normal;",
        [
            tag(
                "p",
                [
                    span("font-weight:400", "plain "),
                    span("font-weight:700;font-style:italic", "both"),
                ],
            ),
            tag("br", []),
            tag("p", [span("text-decoration:line-through", "gone")]),
        ],
    )];
    assert_eq!(markdown(&nodes), "plain ***both***\n\n~~gone~~");
}

#[test]
fn lists_of_word() {
    let item = |level: &str, sign: &str, content: &str| {
        let ignored = styled(
            "span",
            "mso-list:ignore",
            [text(sign), text("\u{a0}\u{a0}")],
        );
        styled(
            "p",
            &format!("mso-list:l0 level{level} lfo1"),
            [ignored, text(content)],
        )
    };
    let nodes = [
        item("1", "1.", "a"),
        item("2", "·", "b"),
        item("1", "2.", "c"),
    ];
    assert_eq!(markdown(&nodes), "1. a\n   - b\n2. c");
}

#[test]
fn code_quotes_headings_and_tables() {
    let code = with(
        "code",
        |it| "language-rust".clone_into(&mut it.class),
        vec![text("fn a() {\n    b\n}\n")],
    );
    let row =
        |name: &str, a: &str, b: &str| tag("tr", [tag(name, [text(a)]), tag(name, [text(b)])]);
    let nodes = [
        tag("h1", [tag("b", [text("Title")])]),
        tag("blockquote", [tag("p", [text("a")]), tag("p", [text("b")])]),
        tag("pre", [code]),
        tag(
            "table",
            [
                tag("thead", [row("th", "x", "y")]),
                tag("tbody", [row("td", "1|2", "3")]),
            ],
        ),
        tag("script", [text("alert(1)")]),
    ];
    let expected = "# Title\n\n> a\n>\n> b\n\n```rust\nfn a() {\n    b\n}\n```\n\n| x | y |\n| --- | --- |\n| 1\\|2 | 3 |";
    assert_eq!(markdown(&nodes), expected);
}

#[test]
fn lines_that_look_like_lists_are_none() {
    let nodes = [tag(
        "p",
        [text("1. a"), tag("br", []), text("# b"), tag("br", [])],
    )];
    assert_eq!(markdown(&nodes), "1\\. a\n\\# b");
}

#[test]
fn what_was_not_seen_is_not_pasted() {
    let nodes = [
        tag(
            "p",
            [
                text("seen"),
                styled("span", "color:red; display: none", [text("hidden")]),
            ],
        ),
        styled("div", "display:none", [tag("p", [text("hidden")])]),
        tag(
            "pre",
            [
                text("code"),
                styled("span", "display:none", [text("hidden")]),
            ],
        ),
    ];
    assert_eq!(markdown(&nodes), "seen\n\n```\ncode\n```");
}
