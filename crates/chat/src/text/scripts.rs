//! Scripts, by how they write words.

use unicode_script::{Script, UnicodeScript};

pub fn is_latin(c: char) -> bool {
    c.script() == Script::Latin
}

/// Whether the letter's script has spaces between its words. Chinese, Japanese, Thai, Lao, Khmer, Burmese and
/// their neighbours have none (UAX #14, the classes ID, CJ and SA), so a name or a link follows a letter
/// there. Korean, which has spaces, is with them: hardly an e-mail address ends in Hangul before the `@`.
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
