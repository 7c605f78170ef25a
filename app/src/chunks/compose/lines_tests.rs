use super::{
    super::selection::{applied, marked},
    Block, indent, is_in_code, new_line, toggle,
};

fn toggled(text: &str, block: Block) -> String {
    let selection = marked(text);
    applied(&selection, &toggle(&selection, block))
}

fn with_new_line(text: &str) -> Option<String> {
    let selection = marked(text);
    new_line(&selection).map(|edit| applied(&selection, &edit))
}

fn indented(text: &str, is_back: bool) -> Option<String> {
    let selection = marked(text);
    indent(&selection, is_back).map(|edit| applied(&selection, &edit))
}

#[test]
fn makes_lists_and_quotes_and_takes_them_away() {
    for (block, plain, changed) in [
        (Block::List, "⟦a\nb⟧", "⟦- a\n- b⟧"),
        (Block::NumberedList, "⟦a\n\nb⟧", "⟦1. a\n\n2. b⟧"),
        (Block::Quote, "x\n⟦a\nb⟧\ny", "x\n⟦> a\n> b⟧\ny"),
        (Block::List, "a|b", "- a|b"),
        (Block::List, "|", "- |"),
        (Block::Quote, "⟦- a\n- b⟧", "⟦> - a\n> - b⟧"),
    ] {
        assert_eq!(toggled(plain, block), changed);
        assert_eq!(toggled(changed, block), plain);
    }
    assert_eq!(toggled("⟦1. a\n2. b⟧", Block::List), "⟦- a\n- b⟧");
    assert_eq!(toggled("⟦- a\nb⟧", Block::List), "⟦- a\n- b⟧");
    assert_eq!(toggled("⟦a\n⟧b", Block::List), "⟦- a⟧\nb");
}

#[test]
fn goes_on_at_a_new_line() {
    for (before, after) in [
        ("- a|", "- a\n- |"),
        ("9. a|b", "9. a\n10. |b"),
        ("2) a|", "2) a\n3) |"),
        ("- [x] a|", "- [x] a\n- [ ] |"),
        ("  * a|", "  * a\n  * |"),
        ("> a|", "> a\n> |"),
        ("> > - a|", "> > - a\n> > - |"),
        ("```\n  a|", "```\n  a\n  |"),
        ("```rust|", "```rust\n|"),
    ] {
        assert_eq!(with_new_line(before).as_deref(), Some(after));
    }
    assert_eq!(with_new_line("a|"), None);
    assert_eq!(with_new_line("-a|"), None);
    assert_eq!(with_new_line("1990s. a|"), None);
}

#[test]
fn an_empty_item_ends_its_list() {
    for (before, after) in [
        ("- a\n- |", "- a\n\n|"),
        ("1. a\n2. |\nb", "1. a\n\n|\nb"),
        ("- a\n  - |", "- a\n- |"),
        ("> a\n> |", "> a\n\n|"),
        ("> > a\n> > |", "> > a\n>\n> |"),
        ("> - a\n> - |", "> - a\n>\n> |"),
        ("> - |", "> |"),
        ("- [ ] |", "|"),
    ] {
        assert_eq!(with_new_line(before).as_deref(), Some(after));
    }
}

#[test]
fn knows_where_code_is() {
    for (text, is_code) in [
        ("```|", true),
        ("```rust\nx|", true),
        ("~~~\nx|\n~~~", true),
        ("```\nx\n```|", false),
        ("```x```|", false),
        ("````\n```\n|", true),
        ("a|", false),
        ("|```", false),
        ("```\nx\n```\n```\n|", true),
    ] {
        assert_eq!(is_in_code(&marked(text)), is_code, "{text}");
    }
}

#[test]
fn indents_in_lists_and_code_only() {
    for (before, after) in [
        ("- a|", "  - a|"),
        ("⟦- a\n- b⟧", "⟦  - a\n  - b⟧"),
        ("1. a|", "   1. a|"),
        ("```\na|", "```\na    |"),
    ] {
        assert_eq!(indented(before, false).as_deref(), Some(after));
    }
    for (before, after) in [
        ("  - a|", "- a|"),
        ("- a|", "- a|"),
        ("```\n      a|", "```\n  a|"),
        ("\t- a|", "- a|"),
    ] {
        assert_eq!(indented(before, true).as_deref(), Some(after));
    }
    assert_eq!(indented("a|", false), None);
    assert_eq!(indented("> a|", false), None);
}
