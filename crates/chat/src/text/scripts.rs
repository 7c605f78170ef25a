//! Scripts, by how they write words.

use unicode_script::{Script, UnicodeScript};

pub fn is_latin(c: char) -> bool {
    c.script() == Script::Latin
}

/// Whether the letter's script has spaces between its words. Chinese, Japanese, Thai, Lao, Khmer, Burmese and
/// their neighbours have none (UAX #14, the classes ID, CJ and SA), so an apostrophe before one of their
/// letters joins no word, and ends a link. Korean, which has spaces and no apostrophes, is with them.
pub fn has_spaces(letter: char) -> bool {
    !matches!(
        letter.script(),
        Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Bopomofo
            | Script::Hangul
            | Script::Yi
            | Script::Nushu
            | Script::Tangut
            | Script::Thai
            | Script::Lao
            | Script::Khmer
            | Script::Myanmar
            | Script::Tai_Le
            | Script::New_Tai_Lue
            | Script::Tai_Tham
            | Script::Tai_Viet
            | Script::Ahom
            | Script::Tibetan
            | Script::Javanese
            | Script::Balinese
            // Signs of several scripts, as the long vowel of kana.
            | Script::Common
            | Script::Inherited
            | Script::Unknown
    )
}

/// Whether letters of scripts that have forms in common are mixed, as Latin `a` and Cyrillic `а` are: no word of a
/// language does that.
pub fn mixes_lookalikes(word: &str) -> bool {
    let scripts = word.chars().map(|c| c.script());
    let mut known = scripts.filter(|it| {
        matches!(
            it,
            Script::Latin
                | Script::Cyrillic
                | Script::Greek
                | Script::Armenian
                | Script::Cherokee
                | Script::Coptic
                | Script::Lisu
        )
    });
    let first = known.next();
    known.any(|it| Some(it) != first)
}
