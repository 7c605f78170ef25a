//! How long a text may be, as the server counts it: in characters, without white space at its ends.

/// Of a text, and of a draft with the white space at its ends.
pub const MAX: usize = 10_000;

/// From so many on the page says how many are left.
const SHOWN_FROM: usize = 9_000;

/// Screen readers hear of each so many.
const STEP: usize = 100;

pub fn of(text: &str) -> usize {
    // Shorter than what is shown, in bytes already.
    if text.len() < SHOWN_FROM {
        return 0;
    }
    text.trim().chars().count()
}

pub fn is_too_long(length: usize) -> bool {
    length > MAX
}

/// What is left, or what is too much as a negative number.
pub fn shown(length: usize) -> String {
    if length < SHOWN_FROM {
        return String::new();
    }
    if is_too_long(length) {
        format!("−{}", length - MAX)
    } else {
        (MAX - length).to_string()
    }
}

pub fn told(length: usize) -> String {
    if length < SHOWN_FROM {
        String::new()
    } else if is_too_long(length) {
        let over = (length - MAX).div_ceil(STEP) * STEP;
        format!("Too long to send: up to {over} characters too many")
    } else {
        let left = (MAX - length) / STEP * STEP;
        format!("At least {left} characters left").replace("At least 0", "Fewer than 100")
    }
}

#[cfg(test)]
mod tests {
    use super::{is_too_long, of, shown, told};

    #[test]
    fn says_what_is_left_near_the_end() {
        let of_length = |length| of(&format!(" {}\n", "é".repeat(length)));
        assert_eq!(shown(of_length(8_999)), "");
        assert_eq!(told(of_length(8_999)), "");
        assert_eq!(shown(of_length(9_000)), "1000");
        assert_eq!(shown(of_length(10_000)), "0");
        assert!(!is_too_long(of_length(10_000)));
        assert!(is_too_long(of_length(10_001)));
        assert_eq!(shown(of_length(10_001)), "−1");
        assert_eq!(told(9_000), "At least 1000 characters left");
        assert_eq!(told(9_001), "At least 900 characters left");
        assert_eq!(told(9_001), told(9_050));
        assert_eq!(told(9_950), "Fewer than 100 characters left");
        assert_eq!(
            told(10_001),
            "Too long to send: up to 100 characters too many"
        );
    }
}
