//! Bodies that were written to do harm.

use crate::text::{entities::render, mentions::Mentioned};
use model::UserId;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

/// The longest body.
const MAX: usize = 10_000;

/// What the renderer writes, and nothing else: tags, and their attributes.
const TAGS: [(&str, &[&str]); 24] = [
    ("a", &["href", "title", "target", "rel"]),
    ("bdi", &[]),
    ("blockquote", &[]),
    ("br", &[]),
    ("code", &[]),
    ("del", &[]),
    ("div", &["class", "role", "aria-label", "tabindex"]),
    ("em", &[]),
    ("figure", &["class", "data-language"]),
    ("hr", &[]),
    ("li", &[]),
    ("ol", &["start"]),
    ("p", &["class"]),
    ("pre", &[]),
    (
        "span",
        &[
            "class",
            "role",
            "aria-label",
            "tabindex",
            "data-user",
            "data-who",
        ],
    ),
    ("strong", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &["class"]),
    ("th", &["class"]),
    ("thead", &[]),
    ("tr", &[]),
    ("ul", &[]),
    ("mark", &[]),
];

/// The path of a conversation, and no other.
fn conversation(path: &str) -> Option<Cow<'_, str>> {
    let id = path.strip_prefix("/c/")?;
    let is_id = !id.is_empty() && id.bytes().all(|it| it.is_ascii_digit());
    is_id.then_some(Cow::Borrowed(path))
}

/// The HTML as a sanitiser leaves it that knows this list.
fn sanitise(html: &str) -> String {
    let tags: HashSet<_> = TAGS.iter().map(|(tag, _)| *tag).collect();
    let attributes: HashMap<_, HashSet<_>> = TAGS
        .iter()
        .map(|(tag, attributes)| (*tag, attributes.iter().copied().collect()))
        .collect();
    ammonia::Builder::default()
        .tags(tags)
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Custom(Box::new(conversation)))
        .link_rel(None)
        .clean(html)
        .to_string()
}

/// Both spell some characters in several ways. Addresses of the web are left out: the sanitiser takes an
/// address away that no host can have, such as `https://a.example)`.
fn normal(html: &str) -> String {
    let mut normal = String::new();
    for (at, part) in html.split("<a ").enumerate() {
        if at > 0 {
            normal.push_str("<a ");
        }
        let address = part.strip_prefix("href=\"http").filter(|_| at > 0);
        let rest = address.and_then(|it| it.split_once("\" "));
        normal.push_str(rest.map_or(part, |(_, rest)| rest));
    }
    normal
        .replace("&quot;", "\"")
        .replace('\u{a0}', "&nbsp;")
        .replace('\r', "\n")
}

fn check(body: &str) {
    let kim = Mentioned::user(UserId(7), "kim".to_owned());
    let Some(html) = render(body, &[kim]).html else {
        return;
    };
    assert_eq!(normal(&sanitise(&html)), normal(&html), "{body:?}");
    assert!(
        html.len() <= 8 * body.len() + 8192,
        "{} of {}",
        html.len(),
        body.len()
    );
}

const PAYLOADS: [&str; 46] = [
    "[#x](/c/1)",
    "[#x](/c/1/../../form/sign-out)",
    "[#x](//evil.example/c/1)",
    "[#x](/\\evil.example)",
    "[#x](/settings) ![#x](/c/1)",
    "[#\\]\\<b>\\*x](/c/1)",
    "<script>alert(1)</script>",
    "**x** <img src=x onerror=alert(1)>",
    "**x** <svg/onload=alert(1)>",
    "*x* <a href=\"javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](java\u{1}script:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](&#x6a;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:x) [y](data:text/html;base64,PHN2Zz4=) [z](file:///etc/passwd)",
    "[x](https://a.example/\"onmouseover=\"alert(1))",
    "[x](https://a.example \"\\\" onmouseover=alert(1)\")",
    "[x](<https://a.example/\" onclick=alert(1) x=\">)",
    "![x](javascript:alert(1)) ![x\" onerror=\"alert(1)](https://a.example/x.png)",
    "<javascript:alert(1)> <data:text/html,x>",
    "[a]: javascript:alert(1)\n\n[a] [x][a]",
    "[a](https://a.example [b](https://b.example))",
    "[[a](https://a.example)](https://b.example)",
    "![[a](https://a.example)](https://b.example)",
    "https://a.example/\"><script>alert(1)</script>",
    "https://a.example/'onclick='x **y**",
    "```\"><script>alert(1)</script>\nx\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "```js\n</span><img src=x onerror=alert(1)>\n```",
    "`</code><script>alert(1)</script>`",
    "||</span><script>||",
    "|a</td><script>|b|\n|-|-|\n|<img src=x onerror=alert(1)>|d|",
    "# </h4><script>alert(1)</script>",
    "- [x] </li><script>",
    "&lt;script&gt;alert(1)&lt;/script&gt; **x**",
    "&#60;script&#62; **x** &NewLine; &#0; &#x110000;",
    "@kim\" onclick=\"x **y**",
    "**@kim</span><script>**",
    "<!-- **x** --> <![CDATA[ *y* ]]> <?php **z** ?>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)> **x**",
    "**x**</p></div></main><form action=//a.example><input name=x>",
];

#[test]
fn a_sanitiser_finds_nothing_to_remove() {
    for body in PAYLOADS {
        check(body);
        for other in PAYLOADS {
            check(&format!("{body}\n\n{other}"));
        }
    }
}

/// Numbers that look random and are the same at each run (a linear congruence of Knuth's).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[test]
fn no_mixture_of_signs_makes_anything_else() {
    const PARTS: [&str; 48] = [
        "*",
        "**",
        "_",
        "`",
        "```",
        "~~",
        "~~~",
        "||",
        "|",
        "|-|-|\n",
        "\n",
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "# ",
        "    ",
        "[",
        "](",
        ")",
        "](https://a.example)",
        "![",
        "<",
        ">",
        "</p>",
        "<script>",
        "\"",
        "'",
        "&",
        "&lt;",
        "\\",
        "https://a.example/_x_",
        "@kim",
        "javascript:",
        "a",
        "b c",
        "ä",
        "🙂",
        "\t",
        "- [x] ",
        "---\n",
        "\u{2}",
        "\u{1f}",
        "\r\n",
        "rust\n",
        "html\n",
        "diff\n",
        "]: https://b.example\n",
    ];
    let mut numbers = Numbers(16);
    for _ in 0..2000 {
        let count = 1 + numbers.below(40);
        let body: String = (0..count)
            .map(|_| PARTS[numbers.below(PARTS.len())])
            .collect();
        check(&body);
    }
}

/// Bodies of the greatest length that make bad parsers slow or their output long.
fn worst() -> Vec<String> {
    let mut bodies: Vec<String> = [
        "*",
        "_",
        "`",
        "~",
        "[",
        "](",
        "![",
        "|",
        "||",
        "> ",
        ">",
        "- ",
        "-",
        "#",
        "<",
        "&",
        "\\",
        "**a ",
        "*a _b ",
        "[a](",
        "[a](<b",
        "``a` ",
        "|-",
        "||a*",
        "<a ",
        "<!--",
        "a**b",
        "1. ",
        "* a\n",
        "\n",
        "- a\n  ",
        "&lt;",
        "\"",
        "@kim ",
        "@",
        "https://a.example/ ",
        "://",
        "http://",
        "[a]: b\n",
        "~~a",
        "<https://a",
        "    a\n",
        "![[",
        "]]",
        "🙂",
        "*a*\n\n",
        "`a` ",
        "[a](https://b.example) ",
        "||a|| ",
        "\t",
        "x\n===\n",
        "|a|\n|-|\n",
        "$",
        "<?",
        "<![CDATA[",
        "\\_(ツ)_",
    ]
    .iter()
    .map(|part| part.repeat(MAX).chars().take(MAX).collect())
    .collect();
    // Rows that the table completes to a thousand cells, a definition that is used a thousand times.
    bodies.push(format!(
        "{}\n{}\n{}",
        "|a".repeat(1000),
        "|-".repeat(1000),
        "|\n".repeat(2900)
    ));
    bodies.push(format!(
        "[a]: https://a.example/{}\n\n{}",
        "x".repeat(5000),
        "[a] ".repeat(1200)
    ));
    let items = (0..160).map(|depth| "  ".repeat(depth % 60) + "- a\n");
    bodies.push(items.collect());
    for language in ["rust", "js", "python", "html", "sql", "diff", "yaml", "css"] {
        for part in [
            "'", "'\\", "\"", "\"\\", "`", "/*", "<a ", "<!--", "a ", "a: ", "-", "1", "{a",
            "select ", "\n", "#", "a(",
        ] {
            let code: String = part.repeat(MAX).chars().take(MAX - 20).collect();
            bodies.push(format!("```{language}\n{code}\n```"));
        }
    }
    bodies
}

/// In a release build on a busy machine the longest took 10 ms (quotes without an end); this bound holds for builds without optimisation on
/// a machine that does much else, and not for a time that grows with the square of the length.
const MAX_TIME: Duration = Duration::from_secs(3);

#[test]
fn no_body_takes_long_or_becomes_much_longer() {
    for body in worst() {
        let began = Instant::now();
        let rendered = render(&body, &[]);
        let took = began.elapsed();
        let beginning: String = body.chars().take(30).collect();
        assert!(took < MAX_TIME, "{took:?}: {beginning:?}");
        let length = rendered.html.map_or(0, |html| html.len());
        assert!(length <= 8 * body.len() + 8192, "{length}: {beginning:?}");
        assert!(rendered.preview.is_none_or(|it| it.chars().count() <= 200));
    }
}

#[test]
fn no_body_becomes_thousands_of_elements() {
    let cells = format!("|a|b|\n|-|-|\n{}", "|a|b\n".repeat(1990));
    assert_eq!(render(&cells, &[]).html, None);
    assert!(render(&cells[..900], &[]).html.is_some());
    let kim = Mentioned::user(UserId(7), "kim".to_owned());
    let called = render(&"@kim ".repeat(2000), &[kim]);
    assert_eq!((called.html, called.entities.len()), (None, 500));
    let code = format!("```rust\n{}\n```", "let ".repeat(2000));
    let html = render(&code, &[]).html.unwrap();
    assert!(
        html.starts_with("<figure") && !html.contains("hl-"),
        "{html:.80}"
    );
}
