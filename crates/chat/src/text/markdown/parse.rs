//! Cuts a body into pieces.

use super::{
    address::address,
    mask::{mask, unmask},
    piece::{Document, Piece},
    spoilers::find_spoilers,
};
use crate::text::is_blank;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Characters of the name of a language that are kept.
const MAX_LANGUAGE: usize = 24;

/// The pieces of a body. A body without a sign of Markdown is not parsed at all, which is most of them.
pub fn parse(body: &str) -> Document {
    if !may_be_marked(body) {
        return Document::Plain;
    }
    let masked = mask(body);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut reader = Reader {
        body,
        masked: &masked,
        pieces: Vec::new(),
        code: None,
        is_plain: true,
        has_text: false,
        links: Vec::new(),
        depth: 0,
        end: 0,
    };
    for (event, range) in Parser::new_ext(&masked, options).into_offset_iter() {
        reader.read(event, range);
        // A table completes its rows with cells that nobody has typed.
        if reader.pieces.len() > 2 * body.len() + 64 {
            return Document::Plain;
        }
    }
    // What follows the last text is a sign, or a definition, which is shown nowhere.
    reader.is_plain &= is_white(&body[reader.end..]);
    if !reader.has_text || (reader.is_plain && !body.contains("||")) {
        return Document::Plain;
    }
    let pieces = find_spoilers(body, reader.pieces);
    let has_spoilers = || pieces.iter().any(|it| matches!(it, Piece::OpenSpoiler));
    if reader.is_plain && !has_spoilers() {
        return Document::Plain;
    }
    Document::Marked(pieces)
}

/// Whether anything in the body could be Markdown.
fn may_be_marked(body: &str) -> bool {
    let bytes = body.as_bytes();
    let mut line_begins = true;
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        let may = match byte {
            b'*' | b'_' | b'`' | b'<' | b'[' | b'\\' | b'~' | b'|' => true,
            b'&' => next.is_ascii_alphanumeric() || next == b'#',
            b'#' | b'>' | b'-' | b'+' | b'=' | b'\t' => line_begins,
            b'0'..=b'9' => line_begins && starts_item(&bytes[at..]),
            b' ' => line_begins && bytes[at..].starts_with(b"    "),
            _ => false,
        };
        if may {
            return true;
        }
        line_begins = *byte == b'\n' || *byte == b'\r' || (line_begins && *byte == b' ');
    }
    false
}

/// Whether a line begins as an item of an ordered list does: `1.`, `1)`.
fn starts_item(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits <= 9 && matches!(line.get(digits), Some(b'.' | b')'))
}

struct Reader<'a> {
    body: &'a str,
    masked: &'a str,
    pieces: Vec<Piece>,
    /// The block of code that is being read: its language and its text.
    code: Option<(String, String)>,
    /// Whether the body is shown as it was typed.
    is_plain: bool,
    has_text: bool,
    /// Links and pictures that are open.
    links: Vec<OpenLink>,
    /// Elements that are open.
    depth: usize,
    /// The end of the last text.
    end: usize,
}

/// A link that is being read, and what was known before it, in case that it is none.
struct OpenLink {
    /// Its first piece.
    start: usize,
    range: Range<usize>,
    leads_anywhere: bool,
    is_plain: bool,
    end: usize,
}

impl Reader<'_> {
    fn read(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            // HTML is text. The extensions of the last three are off.
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text, range),
            Event::SoftBreak | Event::HardBreak => self.pieces.push(Piece::Break),
            Event::Start(Tag::CodeBlock(kind)) => {
                self.code = Some((language(&kind), String::new()));
            }
            Event::End(TagEnd::CodeBlock) => self.end_code(),
            Event::Start(tag) => {
                if matches!(tag, Tag::Link { .. } | Tag::Image { .. }) {
                    self.begin_link(&tag, range.clone());
                }
                self.is_plain &= matches!(tag, Tag::Paragraph | Tag::HtmlBlock);
                if self.depth == 0 && !self.pieces.is_empty() && matches!(tag, Tag::Paragraph) {
                    self.blank_lines(range.start);
                }
                self.depth += 1;
                self.pieces.push(Piece::Open(owned(tag)));
            }
            Event::End(end) => {
                self.depth -= 1;
                self.pieces.push(Piece::Close);
                if matches!(end, TagEnd::Link | TagEnd::Image) {
                    self.end_link();
                }
            }
            Event::Code(code) => {
                let code = unmask(&code).into_owned();
                self.mark(Piece::Code(code));
            }
            Event::Rule => {
                self.is_plain = false;
                self.pieces.push(Piece::Rule);
            }
            Event::TaskListMarker(is_done) => self.mark(Piece::Task(is_done)),
        }
    }

    /// Paragraphs are one line apart. If they were more, the others stay.
    fn blank_lines(&mut self, start: usize) {
        let before = &self.body[..start];
        let breaks = before[before.trim_end().len()..].matches('\n').count();
        self.pieces.extend((2..breaks).map(|_| Piece::Break));
    }

    fn mark(&mut self, piece: Piece) {
        self.is_plain = false;
        self.has_text = true;
        self.pieces.push(piece);
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(&unmask(text));
            return;
        }
        self.has_text |= !is_white(text);
        if self.masked.get(range.clone()) != Some(text) {
            self.mark(Piece::Text(unmask(text).into_owned()));
            return;
        }
        self.run(range);
    }

    /// A part of the body as it was typed.
    fn run(&mut self, range: Range<usize>) {
        self.is_plain &= self.body.get(self.end..range.start).is_some_and(is_white);
        self.end = range.end;
        match self.pieces.last_mut() {
            Some(Piece::Run(last)) if last.end == range.start => last.end = range.end,
            _ => self.pieces.push(Piece::Run(range)),
        }
    }

    fn begin_link(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        self.links.push(OpenLink {
            start: self.pieces.len(),
            range,
            leads_anywhere: address(tag).is_some(),
            is_plain: self.is_plain,
            end: self.end,
        });
    }

    /// A link that may not lead where it says, or of which nothing is seen, is shown as it was typed.
    fn end_link(&mut self) {
        let Some(link) = self.links.pop() else {
            return;
        };
        let is_seen = |piece: &Piece| match piece {
            Piece::Run(range) => !is_blank(&self.body[range.clone()]),
            Piece::Text(text) | Piece::Code(text) => !is_blank(text),
            _ => false,
        };
        if link.leads_anywhere && self.pieces[link.start..].iter().any(is_seen) {
            return;
        }
        self.pieces.truncate(link.start);
        (self.is_plain, self.end) = (link.is_plain, link.end);
        self.has_text = true;
        self.run(link.range);
    }

    fn end_code(&mut self) {
        let Some((language, mut code)) = self.code.take() else {
            return;
        };
        let length = code.trim_end_matches('\n').len();
        code.truncate(length);
        self.mark(Piece::CodeBlock { language, code });
    }
}

fn is_white(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else {
        return String::new();
    };
    let info = unmask(info);
    let word = info.split([' ', ',', '{', '\t']).next().unwrap_or_default();
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "+#._-".contains(c);
    let is_name = word.len() <= MAX_LANGUAGE && word.chars().all(is_kept);
    if is_name {
        word.to_ascii_lowercase()
    } else {
        String::new()
    }
}

/// The tag with texts of its own, as they were typed.
fn owned(tag: Tag<'_>) -> Tag<'static> {
    let own = |text: &str| CowStr::from(unmask(text).into_owned());
    match tag {
        Tag::Link {
            link_type,
            dest_url,
            title,
            ..
        } => Tag::Link {
            link_type,
            dest_url: own(&dest_url),
            title: own(&title),
            id: CowStr::Borrowed(""),
        },
        Tag::Image {
            link_type,
            dest_url,
            title,
            ..
        } => Tag::Image {
            link_type,
            dest_url: own(&dest_url),
            title: own(&title),
            id: CowStr::Borrowed(""),
        },
        Tag::Heading { level, .. } => Tag::Heading {
            level,
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        },
        tag => tag.into_static(),
    }
}
