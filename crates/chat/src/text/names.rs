//! Names of people and of conversations: the profile `Nickname` (RFC 8266) with what pages need
//! beyond it. White space is one space, compatibility forms are replaced (NFKC), and nothing in a name
//! is invisible, turns the line round, or reaches over the lines above and below.
//!
//! Unlike the profile, emoji keep the selectors, joiners and tags that they consist of.

use super::{
    classes::{
        JOINER, NON_JOINER, is_blank, is_ignorable, is_nonspacing_mark, is_printable, is_space,
        is_variation_selector,
    },
    emoji::is_emoji,
};
use crate::{Error, Result, error::refuse_nul};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

/// Characters of the longest name of a user (`users_name_length`) and of the longest title
/// (`conversations_title_length`).
pub const MAX_NAME: usize = 80;
const MAX_TITLE: usize = 120;

/// Characters of the longest name of a file (`attachments_name_length`).
const MAX_FILE_NAME: usize = 255;

/// Nonspacing marks in a row (UTS #39, 5.4: "more than four").
const MAX_MARKS: usize = 4;

/// Characters that are read of a text, which may shrink: a longer one is refused, or cut.
const MAX_READ: usize = 1_000;

const INVISIBLE: &str = "must not have invisible characters or marks of direction";
const CONTROL: &str = "must not have control characters";
const MARKS: &str = "must not have more than 4 accents on one letter, or the same one twice";
const LONE_MARK: &str = "must not have an accent without a letter";

/// The name of a user as it is stored.
///
/// # Errors
/// `Invalid` says what must not be in it.
pub fn name(text: &str) -> Result<String> {
    checked("name", text, MAX_NAME)
}

/// The title of a conversation as it is stored; the same rules.
///
/// # Errors
/// As above.
pub fn title(text: &str) -> Result<String> {
    checked("title", text, MAX_TITLE)
}

fn checked(field: &str, text: &str, max: usize) -> Result<String> {
    refuse_nul(text)?;
    let length = || Error::invalid(field, format!("must have 1 to {max} characters"));
    if text.len() > MAX_READ && text.chars().nth(MAX_READ).is_some() {
        return Err(length());
    }
    let line = Line::read(text);
    if let Some(fault) = line.fault {
        return Err(Error::invalid(field, fault));
    }
    if is_blank(&line.text) || line.text.chars().count() > max {
        return Err(length());
    }
    Ok(line.text)
}

/// The same without what must not be there, cut between two letters: for names that other systems tell
/// and nobody here can correct. `None` if nothing visible is left.
pub fn clean_line(text: &str, max: usize) -> Option<String> {
    let text: String = text.chars().take(MAX_READ).collect();
    let line = Line::read(&text).text;
    let mut left = max;
    let fits = |cluster: &&str| {
        let fits = cluster.chars().count() <= left;
        left = if fits {
            left - cluster.chars().count()
        } else {
            0
        };
        fits
    };
    let cut: String = line.graphemes(true).take_while(fits).collect();
    let cut = cut.trim_end();
    (!is_blank(cut)).then(|| cut.to_owned())
}

/// The name of a file without what is invisible or turns the line round: `exe.gpj` must not be shown for
/// `jpg.exe`. A name of which nothing is left is a plain word.
pub fn file_name(text: &str) -> String {
    clean_line(text, MAX_FILE_NAME).unwrap_or_else(|| "attachment".to_owned())
}

/// A title that is put together from names: cut where it is too long, and empty if they show nothing.
pub fn cut_title(text: &str) -> String {
    clean_line(text, MAX_TITLE).unwrap_or_default()
}

/// A line while it is read.
#[derive(Default)]
struct Line {
    text: String,
    /// The last character of `text` that is no mark, and the marks after it.
    base: Option<char>,
    marks: Vec<char>,
    has_space: bool,
    /// The first thing that must not be there, and was left out.
    fault: Option<&'static str>,
}

impl Line {
    fn read(text: &str) -> Self {
        let mut line = Self::default();
        let text: String = text.nfkc().collect();
        for cluster in text.graphemes(true) {
            if is_emoji(cluster) {
                line.push_cluster(cluster);
                continue;
            }
            let mut rest = cluster.chars().peekable();
            while let Some(c) = rest.next() {
                line.read_char(c, rest.peek().copied());
            }
        }
        // What was left out may have stood between a letter and its accent.
        line.text = line.text.nfc().collect();
        line
    }

    fn read_char(&mut self, c: char, next: Option<char>) {
        if is_space(c) {
            self.has_space = true;
        } else if c.is_control() {
            self.refuse(CONTROL);
        } else if is_variation_selector(c) {
            // It chooses a picture for what comes before, which has none.
        } else if c == JOINER || c == NON_JOINER {
            if self.may_join(c, next) {
                self.text.push(c);
            } else {
                self.refuse(INVISIBLE);
            }
        } else if is_ignorable(c) || !is_printable(c) {
            self.refuse(INVISIBLE);
        } else if is_nonspacing_mark(c) {
            self.read_mark(c);
        } else {
            self.push_space();
            self.text.push(c);
            self.base = Some(c);
            self.marks.clear();
        }
    }

    fn read_mark(&mut self, mark: char) {
        if self.base.is_none() || self.has_space {
            self.refuse(LONE_MARK);
        } else if self.marks.len() == MAX_MARKS || self.marks.last() == Some(&mark) {
            self.refuse(MARKS);
        } else {
            self.text.push(mark);
            self.marks.push(mark);
        }
    }

    /// After a virama, and where it parts two letters that would else be joined: the rules CONTEXTJ of
    /// RFC 5892 (A.1, A.2), with the script in place of the joining type.
    fn may_join(&self, joiner: char, next: Option<char>) -> bool {
        const VIRAMA: u8 = 9;
        let last = self.marks.last().copied().or(self.base);
        if last.is_some_and(|c| canonical_combining_class(c) == VIRAMA) {
            return true;
        }
        let is_cursive = |c: char| matches!(c.script(), Script::Arabic | Script::Syriac);
        joiner == NON_JOINER
            && !self.has_space
            && self.base.is_some_and(is_cursive)
            // A joiner ends its cluster, so that the letter after it is seldom known here.
            && next.is_none_or(is_cursive)
    }

    fn push_cluster(&mut self, cluster: &str) {
        self.push_space();
        self.text.push_str(cluster);
        self.base = cluster.chars().next();
        self.marks.clear();
    }

    /// White space at the beginning and the end is left out.
    fn push_space(&mut self) {
        if self.has_space && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.has_space = false;
    }

    fn refuse(&mut self, fault: &'static str) {
        self.fault = self.fault.or(Some(fault));
    }
}

#[cfg(test)]
mod tests {
    use super::{clean_line, name};

    #[test]
    fn a_name_has_one_form() {
        for (typed, stored) in [
            ("Ada", "Ada"),
            ("  Ada \t Lovelace ", "Ada Lovelace"),
            ("Ada\u{a0}\u{3000}King", "Ada King"),
            ("Zoe\u{308}", "Zoë"),
            ("Ａｄａ", "Ada"),
            ("ﬁona", "fiona"),
            ("Ada ❤\u{fe0f}", "Ada ❤\u{fe0f}"),
            ("👩\u{200d}💻 Grace", "👩\u{200d}💻 Grace"),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 Ada", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 Ada"),
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
            ("ක්\u{200d}ෂ", "ක්\u{200d}ෂ"),
            ("שָׁלוֹם", "שָׁלוֹם"),
            ("สมชาย ใจดี", "สมชาย ใจดี"),
            ("Nguyễn Thị", "Nguyễn Thị"),
            ("山田 太郎", "山田 太郎"),
            ("A\u{fe0f}da", "Ada"),
            ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"),
            ("ﺳﻼﻡ", "سلام"),
            ("İbrahim Işık", "İbrahim Işık"),
        ] {
            assert_eq!(name(typed).unwrap(), stored, "{typed:?}");
        }
    }

    #[test]
    fn a_name_is_seen_and_stays_in_its_place() {
        let pile = format!("Z{}", "\u{300}\u{301}\u{302}\u{303}\u{304}");
        for bad in [
            "",
            " ",
            "\u{200b}",
            "\u{2800}",
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{ad}",
            "\u{fe0f}",
            "Ada\u{202e}",
            "\u{2067}Ada\u{2069}",
            "\u{200f}Ada",
            "\u{61c}Ada",
            "A\u{200b}da",
            "A\u{200d}da",
            "A\u{200c}da",
            "\u{feff}Ada",
            "A\u{2060}da",
            "A\u{ad}da",
            "A\u{0}da",
            "A\u{7}da",
            "A\u{e0041}da",
            "A\u{e000}da",
            "A\u{378}da",
            &pile,
            "e\u{301}\u{301}\u{301}",
            "\u{301}Ada",
            "Ada \u{301}x",
            &"a".repeat(81),
        ] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_another_system_tells_is_cleaned() {
        let pile = format!("Z{}oe", "\u{301}\u{302}".repeat(40));
        for (told, shown) in [
            ("\u{202e}adA\u{202c}", Some("adA")),
            ("A\u{200b}d\u{0}a\n", Some("Ada")),
            ("\u{301}\u{301}", None),
            ("\u{200b}\u{3164}", None),
            (pile.as_str(), Some("Z\u{301}\u{302}\u{301}\u{302}oe")),
        ] {
            let cleaned = clean_line(told, 80);
            let expected = shown.map(|it| it.replace("Z\u{301}", "Ź"));
            // The first accent is composed with the letter, so one more fits.
            if told == pile {
                assert!(cleaned.unwrap().chars().count() <= 8);
            } else {
                assert_eq!(cleaned, expected, "{told:?}");
            }
        }
        assert_eq!(clean_line("ab👩\u{200d}💻", 4).as_deref(), Some("ab"));
    }

    #[test]
    fn what_is_stored_is_stored_again_as_it_is() {
        for text in [
            "ΐ ΰ",
            "Ada ❤\u{fe0f}",
            "①②",
            "ﷺ",
            "Å\u{327}",
            "a\u{315}\u{300}\u{5ae}b",
            "İı",
            "각",
        ] {
            let once = name(text).unwrap();
            assert_eq!(name(&once).unwrap(), once, "{text:?}");
        }
    }
}
