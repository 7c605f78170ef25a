//! Classes of characters that Unicode defines and no crate of ours has.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// U+200C, which keeps letters apart, and U+200D, which joins letters and emoji.
pub const NON_JOINER: char = '\u{200c}';
pub const JOINER: char = '\u{200d}';

/// Whether the character is shown as nothing: the property `Default_Ignorable_Code_Point`
/// (`DerivedCoreProperties.txt`). It has marks of direction, zero-width spaces and joiners, fillers,
/// variation selectors and tags. Unicode has reserved its ranges, so they stay.
pub fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether the character is shown as nothing, or as room for nothing, though Unicode counts it as a symbol or a
/// letter: a note without its head, the blanks of Egyptian hieroglyphs, and U+FFFC, which stands for an object
/// that plain text cannot have.
pub fn is_empty_symbol(c: char) -> bool {
    matches!(c, '\u{fffc}' | '\u{13441}'..='\u{13442}' | '\u{1d159}')
}

/// Whether the character is a mark that is shown as nothing: it joins or fills where its own script is written.
/// U+2D7F of Tifinagh, U+1107F of Brahmi, U+16FE4 of Khitan.
pub fn is_empty_mark(c: char) -> bool {
    matches!(c, '\u{2d7f}' | '\u{1107f}' | '\u{16fe4}')
}

/// A variation selector: it chooses between several pictures of the character before it. Those from U+180B
/// are for Mongolian, where U+180E is one, too, for people: it chooses the form of a vowel that stands apart.
pub fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}' | '\u{e0100}'..='\u{e01ef}')
}

/// A mark that is drawn above, below or around the letter before it, and takes no place of its own.
pub fn is_nonspacing_mark(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// White space, or the empty pattern of braille, which looks the same.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Whether a name may have the character: a letter, mark, number, sign or symbol that Unicode has
/// assigned (the valid code points of `FreeformClass`, RFC 8264, 4.3).
pub fn is_printable(c: char) -> bool {
    let is_shown = !is_ignorable(c) && !is_empty_symbol(c);
    is_shown && c.general_category_group() != GeneralCategoryGroup::Other
}

/// Whether a text shows nothing at all.
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| is_space(c) || c.is_control() || is_ignorable(c) || is_empty_symbol(c))
}

#[cfg(test)]
mod tests {
    use super::is_blank;

    #[test]
    fn a_text_that_shows_nothing_is_blank() {
        for blank in [
            "",
            " \n",
            "\u{200b}",
            "\u{202e}\u{2800}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{0}",
            "\u{fffc}",
            "\u{1d159} \u{13441}\u{13442}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for shown in [
            "a",
            "\u{200b}.",
            "🙂",
            "م",
            "\u{301}",
            "\u{fffd}",
            "\u{1d158}",
        ] {
            assert!(!is_blank(shown), "{shown:?}");
        }
    }
}
