use super::{
    super::selection::{applied, marked},
    Mark, destination, link, link_to, toggle,
};

fn toggled(text: &str, mark: Mark) -> String {
    let selection = marked(text);
    applied(&selection, &toggle(&selection, mark))
}

#[test]
fn marks_what_is_selected_and_takes_the_mark_away() {
    for (mark, plain, with_mark) in [
        (Mark::Bold, "a ⟦b c⟧ d", "a **⟦b c⟧** d"),
        (Mark::Italic, "a ⟦b⟧ c", "a _⟦b⟧_ c"),
        (Mark::Italic, "a⟦b⟧c", "a*⟦b⟧*c"),
        (Mark::Strikethrough, "⟦é🦀⟧", "~~⟦é🦀⟧~~"),
        (Mark::Code, "⟦x⟧", "`⟦x⟧`"),
        (Mark::Bold, "a |", "a **|**"),
        (Mark::Italic, "**⟦a⟧**", "**_⟦a⟧_**"),
    ] {
        assert_eq!(toggled(plain, mark), with_mark);
        assert_eq!(toggled(with_mark, mark), plain);
    }
}

#[test]
fn finds_a_mark_within_and_behind_others() {
    assert_eq!(toggled("⟦**a**⟧", Mark::Bold), "⟦a⟧");
    assert_eq!(toggled("⟦_**a**_⟧", Mark::Bold), "⟦_a_⟧");
    assert_eq!(toggled("_**⟦a⟧**_", Mark::Italic), "**⟦a⟧**");
    assert_eq!(toggled("**⟦a⟧**", Mark::Strikethrough), "**~~⟦a⟧~~**");
    assert_eq!(toggled("__⟦a⟧__", Mark::Bold), "⟦a⟧");
    assert_eq!(toggled("*⟦a⟧*", Mark::Italic), "⟦a⟧");
}

#[test]
fn leaves_spaces_outside() {
    assert_eq!(toggled("a⟦ b ⟧c", Mark::Bold), "a **⟦b⟧** c");
    assert_eq!(toggled("⟦ ⟧", Mark::Bold), " **|**");
}

#[test]
fn marks_each_line_behind_its_list() {
    let plain = "⟦- a\n- b\n\n> c⟧";
    let bold = "⟦- **a**\n- **b**\n\n> **c**⟧";
    assert_eq!(toggled(plain, Mark::Bold), bold);
    assert_eq!(toggled(bold, Mark::Bold), plain);
    assert_eq!(toggled("⟦**a**\nb⟧", Mark::Bold), "⟦**a**\n**b**⟧");
}

#[test]
fn code_of_several_lines_is_a_block() {
    let block = "x\n```\n⟦a\nb⟧\n```\ny";
    assert_eq!(toggled("x⟦\na\nb\n⟧y", Mark::Code), block);
    assert_eq!(toggled("⟦```\na\nb\n```⟧", Mark::Code), "⟦a\nb⟧");
    assert_eq!(
        toggled("⟦a ``` b\nc⟧", Mark::Code),
        "````\n⟦a ``` b\nc⟧\n````"
    );
    assert_eq!(toggled("⟦a`b⟧", Mark::Code), "``⟦a`b⟧``");
}

#[test]
fn makes_links() {
    let linked = |text| {
        let selection = marked(text);
        applied(&selection, &link(&selection))
    };
    assert_eq!(linked("⟦docs⟧"), "[docs](⟦https://⟧)");
    assert_eq!(linked("|"), "[|](https://)");
    assert_eq!(linked("⟦https://a.example⟧"), "[|](https://a.example)");
}

#[test]
fn an_address_over_a_text_is_its_link() {
    let pasted = |text, address| {
        let selection = marked(text);
        link_to(&selection, address).map(|edit| applied(&selection, &edit))
    };
    let link = "see [the [docs\\]](https://a.example/%28x%29)|";
    assert_eq!(
        pasted("see ⟦the [docs]⟧", "https://a.example/(x)\n").as_deref(),
        Some(link.replacen("[docs", "\\[docs", 1).as_str())
    );
    assert_eq!(pasted("⟦https://b.example⟧", "https://a.example"), None);
    assert_eq!(pasted("⟦a⟧", "no address"), None);
    assert_eq!(pasted("⟦a⟧", "javascript:alert(1)"), None);
    assert_eq!(pasted("|", "https://a.example"), None);
}

#[test]
fn an_address_with_spaces_is_in_angle_brackets() {
    for (address, written) in [
        ("https://a.example/(x)", "https://a.example/%28x%29"),
        ("https://a.example/a b", "<https://a.example/a b>"),
        (" https://a.example/a b>c\n", "<https://a.example/a b%3Ec>"),
        ("https://a.exa\nmple/", "https://a.example/"),
    ] {
        assert_eq!(destination(address), written);
    }
}
