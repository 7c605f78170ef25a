//! Commands that send a text.

const SHRUG: &str = r"¯\_(ツ)_/¯";

/// A message in the third person: each paragraph is emphasized.
pub fn third_person(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let written = paragraph.trim_matches('\n').trim_end();
        if written.trim().is_empty() {
            String::new()
        } else {
            emphasized(written.trim_start())
        }
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn emphasized(text: &str) -> String {
    // Two signs in a row would be another mark.
    let sign = if text.starts_with('_') || text.ends_with('_') {
        '*'
    } else {
        '_'
    };
    // A backslash at the end would escape the sign.
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    let escape = if backslashes % 2 == 1 { "\\" } else { "" };
    format!("{sign}{text}{escape}{sign}")
}

/// A shrug, behind a text if there is one.
pub fn shrug(text: &str) -> String {
    [text, SHRUG].join(" ").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{shrug, third_person};

    #[test]
    fn the_third_person_is_emphasized() {
        for (text, sent) in [
            ("waves", "_waves_"),
            ("uses snake_case", "_uses snake_case_"),
            ("likes **this**", "_likes **this**_"),
            ("_really_ waves", "*_really_ waves*"),
            (r"ends in \", r"_ends in \\_"),
            (r"ends in \\", r"_ends in \\_"),
            ("waves\nand goes", "_waves\nand goes_"),
            ("waves\n\n\n goes ", "_waves_\n\n_goes_"),
        ] {
            assert_eq!(third_person(text), sent, "{text}");
        }
    }

    #[test]
    fn a_shrug_follows_its_text() {
        assert_eq!(shrug(""), r"¯\_(ツ)_/¯");
        assert_eq!(shrug("who knows"), r"who knows ¯\_(ツ)_/¯");
    }
}
