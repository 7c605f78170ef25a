//! Names without their accents, by which people find them: `Čapek` is found by `capek`, and `Łódź` by `lodz`. The
//! function `fold_name` of the database (`migrations/0087_names.sql`) has the same rules.
//!
//! Accents are the combining marks after letters of Latin, Greek and Cyrillic. In other scripts marks are letters, as
//! the vowels of Hindi and the voicing of カ and ガ. й is a letter of its own, and ё is found by е, as the root collation of
//! CLDR has them (<https://www.unicode.org/reports/tr35/tr35-collation.html#Root_Data_Files>).

const BREVE: char = '\u{306}';

/// Letters that Unicode does not decompose, in both cases, and what people write for them, by CLDR's transform
/// `Latin-ASCII`; ə, ɔ and ɵ, which it leaves, are e and o. And signs that a keyboard has in one form only.
const LETTERS: [(char, char, &str); 42] = [
    ('ß', 'ẞ', "ss"),
    ('æ', 'Æ', "ae"),
    ('œ', 'Œ', "oe"),
    ('þ', 'Þ', "th"),
    ('ð', 'Ð', "d"),
    ('đ', 'Đ', "d"),
    ('ø', 'Ø', "o"),
    ('ł', 'Ł', "l"),
    ('ħ', 'Ħ', "h"),
    ('ŧ', 'Ŧ', "t"),
    ('ŋ', 'Ŋ', "n"),
    ('ƀ', 'Ƀ', "b"),
    ('ɓ', 'Ɓ', "b"),
    ('ƈ', 'Ƈ', "c"),
    ('ɖ', 'Ɖ', "d"),
    ('ɗ', 'Ɗ', "d"),
    ('ə', 'Ə', "e"),
    ('ǝ', 'Ǝ', "e"),
    ('ɛ', 'Ɛ', "e"),
    ('ƒ', 'Ƒ', "f"),
    ('ɠ', 'Ɠ', "g"),
    ('ǥ', 'Ǥ', "g"),
    ('ɨ', 'Ɨ', "i"),
    ('ƙ', 'Ƙ', "k"),
    ('ƚ', 'Ƚ', "l"),
    ('ɲ', 'Ɲ', "n"),
    ('ɔ', 'Ɔ', "o"),
    ('ɵ', 'Ɵ', "o"),
    ('ƥ', 'Ƥ', "p"),
    ('ɍ', 'Ɍ', "r"),
    ('ƭ', 'Ƭ', "t"),
    ('ʉ', 'Ʉ', "u"),
    ('ʋ', 'Ʋ', "v"),
    ('ƴ', 'Ƴ', "y"),
    ('ƶ', 'Ƶ', "z"),
    ('‘', '‘', "'"),
    ('’', '’', "'"),
    ('ʹ', 'ʹ', "'"),
    ('ʻ', 'ʻ', "'"),
    ('ʼ', 'ʼ', "'"),
    ('‐', '‐', "-"),
    ('–', '–', "-"),
];

/// A decomposed text (NFKD) without its accents. Its case is for the caller to fold: that of `LETTERS` is lost.
pub fn without_accents(decomposed: &str) -> String {
    let mut plain = String::with_capacity(decomposed.len());
    let mut is_accented = false;
    let mut last = ' ';
    for char in decomposed.chars() {
        let is_short_i = char == BREVE && matches!(last, 'и' | 'И');
        last = char;
        if is_short_i {
            plain.push(char);
        } else if is_mark(char) {
            if !is_accented {
                plain.push(char);
            }
        } else {
            is_accented = is_letter(char);
            match LETTERS.iter().find(|it| it.0 == char || it.1 == char) {
                Some((.., written)) => plain.push_str(written),
                None => plain.push(char),
            }
        }
    }
    plain
}

/// Marks of Latin, Greek and Cyrillic. U+0345, a small iota, is a letter to those who fold the case.
fn is_mark(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{344}' | '\u{346}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20f0}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters of Latin, Greek and Cyrillic, and the small iota.
fn is_letter(char: char) -> bool {
    matches!(char,
        'A'..='Z' | 'a'..='z' | '\u{b5}'..='\u{2af}' | '\u{345}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}'
        | '\u{1c80}'..='\u{1c8f}' | '\u{1d00}'..='\u{1dbf}' | '\u{1e00}'..='\u{1fff}' | '\u{2c60}'..='\u{2c7f}'
        | '\u{a640}'..='\u{a66e}' | '\u{a680}'..='\u{a69d}' | '\u{a722}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}')
}

#[cfg(test)]
mod tests {
    use super::without_accents;

    #[test]
    fn letters_lose_their_accents() {
        for (decomposed, plain) in [
            ("C\u{30c}apek", "Capek"),
            ("Łodz\u{301}", "lodz"),
            ("Søren Æbelø", "Soren aebelo"),
            ("Nguye\u{302}\u{303}n", "Nguyen"),
            ("Ιω\u{301}ννης", "Ιωννης"),
            ("Семе\u{308}н Коваи\u{306}", "Семен Коваи\u{306}"),
            ("O’Brien", "O'Brien"),
        ] {
            assert_eq!(without_accents(decomposed), plain);
        }
    }

    #[test]
    fn marks_that_are_letters_stay() {
        for text in [
            "हिन्दी",
            "カ\u{3099}",
            "مُحَمَّد",
            "שָׁלוֹם",
            "ที่นี่",
            "\u{1112}\u{1161}\u{11ab}",
            "ܐ\u{308}",
        ] {
            assert_eq!(without_accents(text), text);
        }
    }
}
