//! What is shown as nothing itself, and decides how the letters beside it look: the joiners U+200D and U+200C,
//! and variation selectors. A name may have them where they do that.

use super::classes::{JOINER, NON_JOINER};
use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// What a joiner does where it stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Joiner {
    Joins,
    /// It parts letters where a word ends anyhow: keyboards leave it there.
    HasNoEffect,
    /// It is between letters that are never joined.
    IsInvisible,
}

/// What a joiner does after this letter, with this mark on it (the last one), and before that character.
///
/// The rules CONTEXTJ of RFC 5892 (A.1, A.2), with the script in place of the joining type; and beyond them
/// what the Unicode Standard has names for: a joiner *before* a virama (chapter 12, Bengali "ya-phalaa" and
/// Kannada "ra"), one before a shifter of the register in Khmer (16.4), and U+200D for the joined form of a
/// letter that stands alone (9.2, Arabic abbreviations).
pub fn joiner(joiner: char, base: Option<char>, mark: Option<char>, next: Option<char>) -> Joiner {
    let Some(base) = base else {
        return Joiner::IsInvisible;
    };
    let last = mark.unwrap_or(base);
    if is_virama(last) {
        return Joiner::Joins;
    }
    let same_script = |c: char| c.script() == base.script() || is_inherited(c);
    if next.is_some_and(|c| same_script(c) && joins_before(c)) && !is_cased_or_common(base) {
        return Joiner::Joins;
    }
    if !is_cursive(base) {
        return Joiner::IsInvisible;
    }
    let is_before_letter = next.is_some_and(|c| is_cursive(c) && same_script(c));
    match joiner {
        NON_JOINER if !is_before_letter => Joiner::HasNoEffect,
        NON_JOINER | JOINER if next != Some(joiner) => Joiner::Joins,
        _ => Joiner::IsInvisible,
    }
}

/// Whether the base has several pictures among which the selector chooses.
///
/// U+FE00 to U+FE0D have pairs with ideographs, symbols and some letters (`StandardizedVariants.txt`),
/// U+E0100 and what follows with ideographs (UTS #37), U+180B to U+180F with letters of Mongolian. U+FE0E and
/// U+FE0F are for emoji, which are read as a whole.
pub fn may_select(base: Option<char>, selector: char) -> bool {
    let Some(base) = base else {
        return false;
    };
    match selector {
        '\u{180b}'..='\u{180f}' => base.script() == Script::Mongolian,
        '\u{fe00}'..='\u{fe0d}' => {
            let has_pairs = matches!(
                base.script(),
                Script::Han | Script::Myanmar | Script::Phags_Pa | Script::Manichaean
            );
            has_pairs || base.general_category() == GeneralCategory::MathSymbol
        }
        '\u{e0100}'..='\u{e01ef}' => base.script() == Script::Han,
        _ => false,
    }
}

fn is_virama(c: char) -> bool {
    const VIRAMA: u8 = 9;
    canonical_combining_class(c) == VIRAMA
}

/// Whether a joiner before the character has a meaning.
fn joins_before(c: char) -> bool {
    is_virama(c) || matches!(c, '\u{17c9}' | '\u{17ca}')
}

/// Scripts without a virama of their own.
fn is_cased_or_common(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || c.script() == Script::Common
}

fn is_inherited(c: char) -> bool {
    c.script() == Script::Inherited
}

/// Whether the letters of the script are joined with each other (`Joining_Type`, of which no crate here has
/// the table).
fn is_cursive(c: char) -> bool {
    matches!(
        c.script(),
        Script::Arabic
            | Script::Syriac
            | Script::Mandaic
            | Script::Mongolian
            | Script::Nko
            | Script::Adlam
            | Script::Hanifi_Rohingya
            | Script::Phags_Pa
            | Script::Manichaean
    )
}

#[cfg(test)]
mod tests {
    use super::{JOINER, Joiner, NON_JOINER, joiner, may_select};

    #[test]
    fn joiners_stand_where_they_do_something() {
        for (sign, base, mark, next, expected) in [
            (JOINER, 'क', Some('\u{94d}'), Some('ष'), Joiner::Joins),
            (JOINER, 'র', None, Some('\u{9cd}'), Joiner::Joins),
            (NON_JOINER, 'ی', None, Some('ر'), Joiner::Joins),
            (NON_JOINER, 'ی', None, None, Joiner::HasNoEffect),
            (NON_JOINER, 'ی', None, Some('a'), Joiner::HasNoEffect),
            (JOINER, 'ه', None, Some('.'), Joiner::Joins),
            (JOINER, 'ه', None, Some(JOINER), Joiner::IsInvisible),
            (JOINER, 'a', None, Some('b'), Joiner::IsInvisible),
            (JOINER, 'র', None, Some('য'), Joiner::IsInvisible),
            (JOINER, 'র', None, Some('\u{94d}'), Joiner::IsInvisible),
            (NON_JOINER, '山', None, Some('田'), Joiner::IsInvisible),
        ] {
            assert_eq!(
                joiner(sign, Some(base), mark, next),
                expected,
                "{base} {next:?}"
            );
        }
        assert_eq!(joiner(JOINER, None, None, Some('a')), Joiner::IsInvisible);
    }

    #[test]
    fn selectors_stand_after_what_has_several_pictures() {
        for (base, selector, may) in [
            ('葛', '\u{e0100}', true),
            ('ᠭ', '\u{180b}', true),
            ('∩', '\u{fe00}', true),
            ('a', '\u{e0100}', false),
            ('葛', '\u{180b}', false),
            ('a', '\u{fe0f}', false),
        ] {
            assert_eq!(may_select(Some(base), selector), may, "{base} {selector:?}");
        }
        assert!(!may_select(None, '\u{fe00}'));
    }
}
