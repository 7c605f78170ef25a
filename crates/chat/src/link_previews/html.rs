//! What a page says of itself: Open Graph, Twitter cards, and what HTML has for it.
//!
//! The tokenizer of `html5ever` reads the page as browsers do: attributes in any order and quotes, entities, comments
//! and scripts that look like tags. No tree is built, so that a page of ten thousand nested elements is as good as any.

use html5ever::{
    Attribute,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};
use rustix::time::{ClockId, clock_gettime};
use std::{cell::RefCell, time::Duration};

/// Bytes of a text that is kept before it is made safe and cut.
const MAX_TEXT: usize = 4096;

/// Time of a processor after which the rest of a page is not read, however busy the machine is. The tokenizer compares each
/// attribute of an element with all that were before it, so that half a megabyte of them takes seconds.
const MAX_TIME: Duration = Duration::from_millis(500);

/// Bytes that are read between two looks at the time.
const PIECE: usize = 8 * 1024;

/// Texts as the page has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub site: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    /// The address of a picture, which may be relative.
    pub picture: Option<String>,
}

/// What a page says of itself, or as much of it as there is. It takes a moment of a processor, and of a hostile page
/// `MAX_TIME`.
pub fn describe(page: &str) -> Metadata {
    let started_at = thread_time();
    let input = BufferQueue::default();
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    let mut rest = page;
    while !rest.is_empty() && thread_time().saturating_sub(started_at) < MAX_TIME {
        let (piece, others) = rest.split_at(rest.floor_char_boundary(PIECE));
        input.push_back(StrTendril::from_slice(piece));
        let _ = tokenizer.feed(&input);
        rest = others;
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner().description()
}

/// How long this thread has had a processor.
fn thread_time() -> Duration {
    // It is no negative time.
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[derive(Default)]
struct Reader(RefCell<Found>);

/// The first text of each kind.
#[derive(Default)]
struct Found {
    values: [Option<String>; NAMES.len()],
    /// The text of the element `title`.
    title: Option<String>,
    is_in_title: bool,
    /// Whether the page asks that nothing of it is shown elsewhere (`nosnippet`, `none`).
    is_reserved: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Site,
    Title,
    Description,
    Picture,
}

/// Names of `meta` elements: what they have, and whether a page that asks to be shown nowhere is shown for it. Of one
/// kind, what stands first is taken before others.
const NAMES: [(&str, Kind, bool); 13] = [
    ("og:site_name", Kind::Site, true),
    ("application-name", Kind::Site, false),
    ("og:title", Kind::Title, true),
    ("twitter:title", Kind::Title, true),
    ("og:description", Kind::Description, true),
    ("twitter:description", Kind::Description, true),
    ("description", Kind::Description, false),
    ("og:image:secure_url", Kind::Picture, true),
    ("og:image", Kind::Picture, true),
    ("og:image:url", Kind::Picture, false),
    ("twitter:image", Kind::Picture, true),
    ("twitter:image:src", Kind::Picture, false),
    ("image", Kind::Picture, false),
];

impl Found {
    /// A page that is reserved, and has nothing for previews, is not described: so it is with pages of this program.
    fn description(mut self) -> Metadata {
        let mut found = NAMES.iter().zip(&self.values);
        let has_card = found.any(|((_, _, is_card), value)| *is_card && value.is_some());
        if self.is_reserved && !has_card {
            return Metadata::default();
        }
        let mut first = |kind: Kind| {
            let named = NAMES.iter().zip(&mut self.values);
            let mut of_kind = named.filter(|((_, it, _), _)| *it == kind);
            of_kind.find_map(|(_, value)| value.take())
        };
        let (site, title) = (first(Kind::Site), first(Kind::Title));
        let (description, picture) = (first(Kind::Description), first(Kind::Picture));
        Metadata {
            site,
            title: title.or(self.title).filter(|it| !it.trim().is_empty()),
            description,
            picture,
        }
    }

    fn read_meta(&mut self, attributes: &[Attribute]) {
        let value = |name: &str| {
            let found = attributes.iter().find(|it| &*it.name.local == name);
            found.map(|it| &*it.value)
        };
        let Some(content) = value("content").filter(|it| !it.trim().is_empty()) else {
            return;
        };
        if value("name").is_some_and(|it| it.eq_ignore_ascii_case("robots")) {
            let mut rules = content.split(',').map(str::trim);
            self.is_reserved |= rules
                .any(|it| it.eq_ignore_ascii_case("nosnippet") || it.eq_ignore_ascii_case("none"));
        }
        for name in ["property", "name", "itemprop"]
            .into_iter()
            .filter_map(value)
        {
            let at = NAMES
                .iter()
                .position(|(it, ..)| it.eq_ignore_ascii_case(name.trim()));
            if let Some(at) = at {
                self.values[at].get_or_insert_with(|| beginning(content).to_owned());
            }
        }
    }

    /// What the tokenizer has to know, as it builds no tree: in these elements, tags are text.
    fn read_tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let is_start = tag.kind == TagKind::StartTag;
        match &*tag.name {
            "meta" if is_start => self.read_meta(&tag.attrs),
            "title" => {
                self.is_in_title = is_start && self.title.is_none();
                if self.is_in_title {
                    self.title = Some(String::new());
                }
                if is_start {
                    return TokenSinkResult::RawData(RawKind::Rcdata);
                }
            }
            "textarea" if is_start => return TokenSinkResult::RawData(RawKind::Rcdata),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" if is_start => {
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "script" if is_start => return TokenSinkResult::RawData(RawKind::ScriptData),
            "plaintext" if is_start => return TokenSinkResult::Plaintext,
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn read_text(&mut self, text: &str) {
        if let Some(title) = self.title.as_mut().filter(|_| self.is_in_title)
            && title.len() < MAX_TEXT
        {
            title.push_str(beginning(text));
        }
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line_number: u64) -> TokenSinkResult<()> {
        let mut found = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return found.read_tag(&tag),
            Token::CharacterTokens(text) => found.read_text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// The first `MAX_TEXT` bytes of a text, or a few less.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

#[cfg(test)]
mod tests {
    use super::{Metadata, describe};

    #[test]
    fn open_graph_goes_before_twitter_and_html() {
        let page = r#"<!doctype html><html><head><title>Page &amp; more</title>
            <meta name="description" content="plain">
            <meta name="twitter:title" content="card">
            <meta content='Engines &#39;n more' property='og:title'>
            <META PROPERTY=og:site_name CONTENT=Site />
            <meta property="og:description" content="  ">
            <meta name="twitter:description" content="of the card">
            <meta property="og:image" content="/a.png"><meta property="og:image" content="/b.png">
            </head><body><h1>x</h1>"#;
        assert_eq!(
            describe(page),
            Metadata {
                site: Some("Site".to_owned()),
                title: Some("Engines 'n more".to_owned()),
                description: Some("of the card".to_owned()),
                picture: Some("/a.png".to_owned()),
            }
        );
    }

    #[test]
    fn what_looks_like_a_tag_is_read_as_browsers_read_it() {
        let page = r#"<script>"<meta property='og:title' content='script'>"</script>
            <!-- <meta property="og:title" content="comment"> --><style><title>style</title></style>
            <title>a <b>b</b> &lt;c&gt;</title><title>second</title>
            <textarea><meta property="og:title" content="text"></textarea>"#;
        assert_eq!(describe(page).title, Some("a <b>b</b> <c>".to_owned()));
        for page in [
            "",
            "plain",
            "<",
            "<title>",
            "<meta content=x",
            "<title> </title>",
        ] {
            assert_eq!(describe(page).title, None, "{page}");
        }
        assert_eq!(describe("<title>cut off").title, Some("cut off".to_owned()));
    }

    #[test]
    fn a_page_that_asks_for_it_is_not_described() {
        let robots = "<meta name=robots content='noindex, NoSnippet'><title>Sign in</title>";
        assert_eq!(describe(robots), Metadata::default());
        let card = format!("{robots}<meta property=og:title content=Engines>");
        assert_eq!(describe(&card).title, Some("Engines".to_owned()));
        let index = "<meta name=robots content=noindex><title>Engines</title>";
        assert_eq!(describe(index).title, Some("Engines".to_owned()));
    }

    #[test]
    fn no_page_is_too_deep_or_too_long() {
        let deep = format!("{}<title>below</title>", "<div><b>".repeat(10_000));
        assert_eq!(describe(&deep).title, Some("below".to_owned()));
        let long = format!("<title>{}</title>", "é".repeat(200_000));
        assert!(describe(&long).title.unwrap().len() < 20_000);
        let many = format!("<meta {}>", "a=b ".repeat(5_000));
        assert_eq!(describe(&many), Metadata::default());
    }
}
