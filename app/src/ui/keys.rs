//! Reading keys: what belongs to an input method, what to a text box, and letters of any layout.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// Whether an input method composes with this key, which then means nothing else. Safari ends the
/// composition before the event of its last key, and reports that with the key code 229.
pub fn is_composing(event: &ev::KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == 229
}

/// The end of Unicode's blocks with Latin letters that keys have.
const END_OF_LATIN: char = '\u{250}';

/// The Latin letter of a key, in lower case. Caps Lock changes nothing. On a layout of another script
/// it is the one that the same key has on a Latin layout; the é or ğ of a Latin layout is none.
pub fn letter(event: &ev::KeyboardEvent) -> Option<char> {
    letter_of(&event.key(), &event.code())
}

fn letter_of(key: &str, code: &str) -> Option<char> {
    let single = |text: &str| {
        let mut letters = text.chars();
        letters.next().filter(|_| letters.next().is_none())
    };
    let typed = single(key)?;
    let latin = if typed < END_OF_LATIN {
        typed
    } else {
        single(code.strip_prefix("Key")?)?
    };
    latin
        .is_ascii_alphabetic()
        .then(|| latin.to_ascii_lowercase())
}

pub fn has_modifier(event: &ev::KeyboardEvent) -> bool {
    event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key()
}

/// Whether the key goes into a text box or a list of choices.
pub fn is_in_text_box(event: &ev::KeyboardEvent) -> bool {
    is_in(event, "input,textarea,select,[contenteditable]")
}

/// Whether the key goes into a box of one line, where Enter submits the form.
pub fn is_in_input(event: &ev::KeyboardEvent) -> bool {
    is_in(event, "input")
}

fn is_in(event: &ev::KeyboardEvent, selector: &str) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|element| element.closest(selector).ok())
        .is_some_and(|field| field.is_some())
}

/// Whether text boxes have the keys of Apple's systems: Control with letters, and Option with arrows.
pub fn is_apple() -> bool {
    let platform = window().navigator().platform().unwrap_or_default();
    platform.starts_with("Mac") || platform.starts_with("iP")
}

#[cfg(test)]
mod tests {
    use super::letter_of;

    #[test]
    fn a_letter_is_found_on_every_layout() {
        for (key, code, letter) in [
            ("k", "KeyK", Some('k')),
            ("K", "KeyK", Some('k')),
            // Dvorak: what is typed counts.
            ("k", "KeyV", Some('k')),
            ("t", "KeyK", Some('t')),
            // Cyrillic, Greek, Hebrew, Hangul.
            ("л", "KeyK", Some('k')),
            ("Κ", "KeyK", Some('k')),
            ("ל", "KeyK", Some('k')),
            ("ㅏ", "KeyK", Some('k')),
            ("ö", "Semicolon", None),
            // Turkish F, Bépo.
            ("ğ", "KeyE", None),
            ("ı", "KeyR", None),
            ("é", "KeyW", None),
            ("/", "KeyQ", None),
            ("Enter", "Enter", None),
            ("", "", None),
        ] {
            assert_eq!(letter_of(key, code), letter, "{key} {code}");
        }
    }
}
