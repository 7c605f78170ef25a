//! Names of people and of conversations: the profile `Nickname` (RFC 8266) with what pages need
//! beyond it. They are stored as they are written, composed (NFC) and with one space for each run of white
//! space; the compatibility forms that the profile replaces (`½`, `™`, `①`) are folded by the database, where
//! texts are compared. Nothing in a name is invisible, turns the line round, or reaches over the lines above
//! and below.
//!
//! What is shown as nothing stays where it decides how its neighbours look: in emoji, and where
//! `joining.rs` says so.

use super::{
    classes::{
        JOINER, NON_JOINER, is_blank, is_empty_mark, is_empty_symbol, is_ignorable,
        is_nonspacing_mark, is_printable, is_space, is_variation_selector,
    },
    emoji::is_emoji,
    joining::{self, Joiner},
};
use crate::{Error, Result, error::refuse_nul};
use unicode_normalization::UnicodeNormalization;
use unicode_script::UnicodeScript;
use unicode_segmentation::UnicodeSegmentation;

/// Characters of the longest name of a user (`users_name_length`) and of the longest title
/// (`conversations_title_length`).
pub const MAX_NAME: usize = 80;
const MAX_TITLE: usize = 120;

/// Characters of the longest note (`invitations_note_length`).
const MAX_NOTE: usize = 200;

/// Characters of the longest option of a poll (`polls_options_length`).
const MAX_POLL_OPTION: usize = 200;

/// Characters of the longest name of a file (`attachments_name_length`).
const MAX_FILE_NAME: usize = 255;

/// Nonspacing marks in a row (UTS #39, 5.4: "more than four").
pub const MAX_MARKS: usize = 4;

/// Characters that are read of a text, which may shrink: a longer one is refused, or cut.
const MAX_READ: usize = 1_000;

const INVISIBLE: &str = "must not have invisible characters or marks of direction";
const UNASSIGNED: &str = "must not have characters without a meaning in Unicode";
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

/// What an administrator remembers something by, as it is stored; the same rules, and it may be empty.
///
/// # Errors
/// As above.
pub fn note(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    checked("note", text, MAX_NOTE)
}

/// An option of a poll as it is stored; the same rules.
///
/// # Errors
/// As above.
pub fn poll_option(text: &str) -> Result<String> {
    checked("poll.options", text, MAX_POLL_OPTION)
}

fn checked(field: &str, text: &str, max: usize) -> Result<String> {
    refuse_nul(field, text)?;
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
    fault: Option<String>,
}

impl Line {
    fn read(text: &str) -> Self {
        let mut line = Self::default();
        // Ideographs that NFC would replace by another picture become that one with the selector that
        // chooses this picture.
        let text: String = text.cjk_compat_variants().nfc().collect();
        for (at, cluster) in text.grapheme_indices(true) {
            if is_emoji(cluster) {
                line.push_cluster(cluster);
                continue;
            }
            for (offset, c) in cluster.char_indices() {
                let next = text[at + offset + c.len_utf8()..].chars().next();
                line.read_char(c, next);
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
            self.refuse(CONTROL, c);
        } else if c == JOINER || c == NON_JOINER {
            self.read_joiner(c, next);
        } else if is_variation_selector(c) {
            if self.is_at_letter() && joining::may_select(self.base, c) {
                self.text.push(c);
            } else if !matches!(c, '\u{fe00}'..='\u{fe0f}') {
                self.refuse(INVISIBLE, c);
            }
            // Keyboards and other programs put the selectors of emoji after letters, which have one picture.
        } else if is_ignorable(c) || is_empty_symbol(c) {
            self.refuse(INVISIBLE, c);
        } else if !is_printable(c) {
            self.refuse(UNASSIGNED, c);
        } else if is_nonspacing_mark(c) {
            self.read_mark(c);
        } else {
            self.push_space();
            self.text.push(c);
            self.base = Some(c);
            self.marks.clear();
        }
    }

    fn read_joiner(&mut self, joiner: char, next: Option<char>) {
        let base = self.base.filter(|_| !self.has_space);
        match joining::joiner(joiner, base, self.marks.last().copied(), next) {
            Joiner::Joins => self.text.push(joiner),
            Joiner::HasNoEffect => {}
            Joiner::IsInvisible => self.refuse(INVISIBLE, joiner),
        }
    }

    /// Whether nothing stands between the last letter and what comes now.
    fn is_at_letter(&self) -> bool {
        !self.has_space && self.text.chars().next_back() == self.base
    }

    fn read_mark(&mut self, mark: char) {
        let Some(base) = self.base.filter(|_| !self.has_space) else {
            return self.refuse(LONE_MARK, mark);
        };
        // Those that are composed with the letter count as well (UTS #39, 5.4, looks at NFD).
        let composed = [base].into_iter().nfd().filter(|c| is_nonspacing_mark(*c));
        let marks: Vec<_> = composed.chain(self.marks.iter().copied()).collect();
        if marks.len() >= MAX_MARKS || marks.last() == Some(&mark) {
            self.refuse(MARKS, mark);
        } else if is_empty_mark(mark) && mark.script() != base.script() {
            self.refuse(INVISIBLE, mark);
        } else {
            self.text.push(mark);
            self.marks.push(mark);
        }
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

    /// The reason names the character, which nobody sees.
    fn refuse(&mut self, fault: &str, c: char) {
        self.fault.get_or_insert_with(|| {
            let code = u32::from(c);
            match self.base {
                Some(base) => format!("{fault} (U+{code:04X} after \u{201c}{base}\u{201d})"),
                None => format!("{fault} (U+{code:04X} at the beginning)"),
            }
        });
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
            ("Ａｄａ", "Ａｄａ"),
            ("ﬁona", "ﬁona"),
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
            ("ﾔﾏﾀﾞ ﾊﾅｺ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
            ("ﺳﻼﻡ", "ﺳﻼﻡ"),
            ("İbrahim Işık", "İbrahim Işık"),
        ] {
            assert_eq!(name(typed).unwrap(), stored, "{typed:?}");
        }
    }

    #[test]
    fn a_name_is_shown_as_it_was_written() {
        for text in [
            "5½ Weeks",
            "10³",
            "Team™",
            "①②③",
            "ﷺ",
            "Info ℹ\u{fe0f}",
            "㊗\u{fe0f}",
            "Ⓜ\u{fe0f}etro",
            "❤\u{fe0e} text",
            "x² + y₂ № ℃ … ㎏ ﬀ",
            "Bob\u{b4}s",
            "Bob`s",
            "Bob’s ʻOkina",
            "Oʼzbek",
            "한국 ㈜",
            "神\u{fe00}",
        ] {
            assert_eq!(name(text).unwrap(), text);
            assert_eq!(clean_line(text, 80).as_deref(), Some(text));
        }
        // Composed, this is another picture of the letter.
        assert_eq!(name("\u{fa19}").unwrap(), "神\u{fe00}");
    }

    #[test]
    fn letters_are_joined_as_their_scripts_write_them() {
        for text in [
            "র\u{200d}\u{9cd}যাচেল",
            "র\u{200c}\u{9cd}যাচেল",
            "ಅರ\u{200d}\u{ccd}ಕ",
            "क्\u{200d}ष क्\u{200c}ष",
            "ശ്രീ ന്\u{200d}",
            "ශ්\u{200d}රී",
            "علی\u{200c}رضا",
            "ه\u{200d}.ش",
            "葛\u{e0100}飾",
            "辻\u{e0101}",
            "ᠮᠣᠩᠭᠣᠯ\u{180b}",
            "ᠠ\u{180e}ᠠ",
            "ᠭ\u{180c}ᠠ",
            "ស\u{200c}\u{17ca}ី",
            "ⵜ\u{2d7f}ⵜ",
            "\u{11053}\u{1107f}\u{11052}",
            "\u{18b00}\u{16fe4}\u{18b01}",
        ] {
            assert_eq!(name(text).unwrap(), text, "{text:?}");
        }
        // Keyboards leave it where a word ends, and it does nothing there.
        assert_eq!(name("علی\u{200c} رضا\u{200c}").unwrap(), "علی رضا");
    }

    #[test]
    fn a_refusal_says_which_character_is_meant() {
        let reason = |text| name(text).unwrap_err().problem().errors[0].reason.clone();
        assert_eq!(
            reason("Ada\u{200b}x"),
            "must not have invisible characters or marks of direction (U+200B after “a”)"
        );
        assert_eq!(
            reason("\u{202e}Ada"),
            "must not have invisible characters or marks of direction (U+202E at the beginning)"
        );
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
            "A\u{e0100}da",
            "A\u{180b}da",
            "Ada\u{180e}",
            "अ\u{200d}b",
            "山\u{200d}田",
            "葛\u{e0100}\u{e0101}飾",
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
            "a\u{301}\u{301}",
            "\u{e1}\u{301}",
            "a\u{323}\u{302}\u{302}b",
            "\u{1ea5}\u{315}\u{300}\u{5ae}\u{5a0}",
            "\u{301}Ada",
            "Ada \u{301}x",
            "\u{1d159}",
            "Ada\u{1d159}",
            "\u{13441}\u{13442}",
            "A\u{fffc}da",
            "A\u{2d7f}da",
            "A\u{1107f}da",
            "A\u{16fe4}da",
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
