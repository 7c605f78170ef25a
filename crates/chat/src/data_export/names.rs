//! Names of entries, which every system can unpack.

/// Characters of the longest one.
const MAX_NAME: usize = 100;

/// A file's name without what a system takes for something else: folders, devices, options of a shell.
pub fn safe_name(name: &str) -> String {
    let safe = |c: char| {
        let is_safe = c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '(' | ')' | '+');
        if is_safe { c } else { '_' }
    };
    let name: String = name.chars().map(safe).collect();
    let name = name.trim_matches(['.', ' ']);
    // The end says what it is.
    let surplus = name.chars().count().saturating_sub(MAX_NAME);
    name.chars().skip(surplus).collect()
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_lead_nowhere() {
        for (given, safe) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\a.txt", "C__a.txt"),
            ("Größe 漢字.pdf", "Größe 漢字.pdf"),
            ("a\u{202e}b\n.txt", "a_b_.txt"),
            ("..", ""),
        ] {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
        assert!(safe_name(&format!("{}.pdf", "a".repeat(300))).ends_with("a.pdf"));
    }
}
