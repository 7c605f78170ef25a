//! Markdown, and the HTML and the preview that it becomes.

use crate::text::{entities::render, mentions::Mentioned};
use model::{UserId, Wildcard};

fn html(body: &str) -> Option<String> {
    let kim = Mentioned::user(UserId(7), "kim".to_owned());
    let mentioned = if body.contains("@kim") {
        vec![kim]
    } else {
        Vec::new()
    };
    render(body, &mentioned).html
}

const LINK: &str = r#"target="_blank" rel="noopener noreferrer nofollow""#;

#[test]
fn plain_texts_have_no_html() {
    for body in [
        "hello",
        "Lunch at noon?\nYes!",
        "a\n\n\nb",
        "  indented\n and  spaced ",
        "5 * 3 = 15, 2 < 3 & 4 > 1",
        "a_b_c and snake_case_name",
        "(x) [y] {z} #7 +1 ~ 5",
        "a | b",
        "AT&T; R&D",
        "<b>not bold</b>",
        "<script>alert(1)</script>",
        "<div>\n<p>x</p>\n</div>",
        "||",
        "|| ||||",
        "if (a || b || c)",
        "*",
        "-",
        "# ",
        ">",
        "***",
        "[a]: https://a.example",
        "`",
        "**",
        "\u{1}\u{2}",
        "@kim_is_not_here",
        "[x](javascript:alert(1))",
        "![x](data:text/html,x)",
        "<ftp://a.example>",
        "[](https:a)",
    ] {
        assert_eq!(
            render(body, &[])
                .html
                .as_deref()
                .filter(|it| !it.contains("<a ")),
            None,
            "{body:?}"
        );
        assert_eq!(render(body, &[]).preview, None, "{body:?}");
    }
}

#[test]
fn texts_look_as_commonmark_says() {
    for (body, expected) in [
        (
            "**a** *b* ~~c~~ `d`",
            "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>",
        ),
        ("a\n*b*\n\nc", "<p>a<br><em>b</em></p><p>c</p>"),
        ("*a*\n\n\n\nb", "<p><em>a</em></p><br><br><p>b</p>"),
        (
            "- a\n- b\n  1. c",
            "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>",
        ),
        ("3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"),
        ("> a\n> b", "<blockquote><p>a<br>b</p></blockquote>"),
        (
            "# a\n## b\n### c\n###### d",
            "<p class=\"heading-1\">a</p><p class=\"heading-2\">b</p><p class=\"heading-3\">c</p><p class=\"heading-3\">d</p>",
        ),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
        (
            "- [ ] a\n- [x] b",
            "<ul><li><span class=\"task\" role=\"img\" aria-label=\"To do\"></span>a</li>\
            <li><span class=\"task task-done\" role=\"img\" aria-label=\"Done\"></span>b</li></ul>",
        ),
        (
            "|a|b|c|\n|-|:-:|-:|\n|1|2|3|\n|x|",
            "<div class=\"table\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr><th>a</th>\
            <th class=\"centre\">b</th><th class=\"end\">c</th></tr></thead><tbody><tr><td>1</td>\
            <td class=\"centre\">2</td><td class=\"end\">3</td></tr><tr><td>x</td><td class=\"centre\"></td>\
            <td class=\"end\"></td></tr></tbody></table></div>",
        ),
        (
            "||a *b*||",
            "<p><span class=\"spoiler\" role=\"button\" tabindex=\"0\" aria-label=\"Spoiler: show\"><span>a <em>b</em></span></span></p>",
        ),
        ("\\*a\\* &copy; &lt;", "<p>*a* © &lt;</p>"),
        (
            "<b>**a**</b> \"",
            "<p>&lt;b&gt;<strong>a</strong>&lt;/b&gt; &quot;</p>",
        ),
        ("¯\\_(ツ)_/¯ *a*", "<p>¯\\_(ツ)_/¯ <em>a</em></p>"),
        (
            "```\n<x>\n\n  y\n```",
            "<figure class=\"code\"><pre><code>&lt;x&gt;\n\n  y</code></pre></figure>",
        ),
        (
            "```rust\nlet x = 1;\n```",
            "<figure class=\"code\" data-language=\"rust\"><pre><code><span class=\"hl-keyword\">let</span> x = \
            <span class=\"hl-number\">1</span>;</code></pre></figure>",
        ),
        (
            "```\" onclick=\"x\na\n```",
            "<figure class=\"code\"><pre><code>a</code></pre></figure>",
        ),
    ] {
        assert_eq!(html(body).as_deref(), Some(expected), "{body:?}");
    }
}

#[test]
fn a_link_to_a_conversation_stays_in_the_page() {
    for (body, expected) in [
        (
            "see [#general](/c/4) @kim",
            "<p>see <a href=\"/c/4\">#general</a> <span class=\"mention\" data-user=\"7\">@kim</span></p>",
        ),
        (
            r"[#a \]b\[ \*c\* \|\|d\|\| \<e> \\ f@kim](/c/4)",
            "<p><a href=\"/c/4\">#a ]b[ *c* ||d|| &lt;e&gt; \\ f@kim</a></p>",
        ),
        (
            "[https://bank.com](/c/4) [#bank.com](/c/4)",
            "<p><a href=\"/c/4\">https://bank.com <bdi>(/c/4)</bdi></a> <a href=\"/c/4\">#bank.com <bdi>(/c/4)</bdi></a></p>",
        ),
        (
            "*x* [#y](/c/4/m/7) ![#z](/c/4) [](/c/4) `[#y](/c/4)`",
            "<p><em>x</em> [#y](/c/4/m/7) ![#z](/c/4) [](/c/4) <code>[#y](/c/4)</code></p>",
        ),
    ] {
        assert_eq!(html(body).as_deref(), Some(expected), "{body:?}");
    }
    let out = html("[#general](https://b.example/c/4)").unwrap();
    assert!(
        out.ends_with("#general <bdi>(b.example)</bdi></a></p>"),
        "{out}"
    );
}

#[test]
fn links_and_mentions_are_where_our_rules_say() {
    for (body, expected) in [
        (
            "see https://a.example/x_(y)_z?q=*1*.",
            format!("see <a href=\"https://a.example/x_(y)_z?q=*1\" {LINK}>https://a.example/x_(y)_z?q=*1</a>*."),
        ),
        (
            "**https://a.example/_x_y** ~~https://b.example~~ ||http://c.example||",
            format!(
                "<p><strong><a href=\"https://a.example/_x_y\" {LINK}>https://a.example/_x_y</a></strong> \
                <del><a href=\"https://b.example\" {LINK}>https://b.example</a></del> \
                <span class=\"spoiler\" role=\"button\" tabindex=\"0\" aria-label=\"Spoiler: show\"><span>\
                <a href=\"http://c.example\" {LINK}>http://c.example</a></span></span></p>"
            ),
        ),
        (
            "[a *b*](https://a.example/_x_y_ \"t\")",
            format!("<p><a href=\"https://a.example/_x_y_\" title=\"https://a.example/_x_y_\" {LINK}>a <em>b</em></a></p>"),
        ),
        (
            "[https://a.example @kim](https://b.example)",
            format!("<p><a href=\"https://b.example\" title=\"https://b.example\" {LINK}>https://a.example @kim <bdi>(b.example)</bdi></a></p>"),
        ),
        (
            "https://a.example@b.example *x*",
            format!("<p><a href=\"https://a.example@b.example\" {LINK}>https://a.example@b.example <bdi>(b.example)</bdi></a> <em>x</em></p>"),
        ),
        (
            "<https://a.example@b.example>",
            format!("<p><a href=\"https://a.example@b.example\" {LINK}>https://a.example@b.example <bdi>(b.example)</bdi></a></p>"),
        ),
        (
            "[https://a.example](https://b.example)",
            format!("<p><a href=\"https://b.example\" title=\"https://b.example\" {LINK}>https://a.example <bdi>(b.example)</bdi></a></p>"),
        ),
        (
            "[**a.exam**ple](https://b.example) [https://a.example/x](https://a.example/y)",
            format!(
                "<p><a href=\"https://b.example\" title=\"https://b.example\" {LINK}><strong>a.exam</strong>ple <bdi>(b.example)</bdi></a> \
                <a href=\"https://a.example/y\" title=\"https://a.example/y\" {LINK}>https://a.example/x</a></p>"
            ),
        ),
        (
            "![cat](https://a.example/c.png)",
            format!("<p><a href=\"https://a.example/c.png\" title=\"https://a.example/c.png\" {LINK}>cat</a></p>"),
        ),
        (
            "[![cat](https://a.example/c.png)](https://b.example)",
            format!("<p><a href=\"https://b.example\" title=\"https://b.example\" {LINK}>cat</a></p>"),
        ),
        (
            "<https://a.example/_x_> <ada@a.example>",
            format!(
                "<p><a href=\"https://a.example/_x_\" {LINK}>https://a.example/_x_</a> \
                <a href=\"mailto:ada@a.example\" {LINK}>ada@a.example</a></p>"
            ),
        ),
        (
            "![](https://a.example/c.png)",
            format!("![](<a href=\"https://a.example/c.png\" {LINK}>https://a.example/c.png</a>)"),
        ),
        (
            "**b** [\u{200b}](https://a.example) [ ](https://a.example) [`\u{2060}`](<https://a.example>)",
            format!(
                "<p><strong>b</strong> [\u{200b}](<a href=\"https://a.example\" {LINK}>https://a.example</a>) \
                [ ](<a href=\"https://a.example\" {LINK}>https://a.example</a>) \
                [`\u{2060}`](&lt;<a href=\"https://a.example\" {LINK}>https://a.example</a>&gt;)</p>"
            ),
        ),
        (
            "*b* [*x*](javascript:alert(1) \"t\") <ftp://a.example> ![x](data:text/html,x)",
            "<p><em>b</em> [*x*](javascript:alert(1) \"t\") &lt;ftp://a.example&gt; ![x](data:text/html,x)</p>"
                .replace("\"t\"", "&quot;t&quot;"),
        ),
        (
            "[a] *b*\n\n[a]: javascript:x",
            "<p>[a] <em>b</em></p>".to_owned(),
        ),
        ("hi @kim,\nyou", "hi <span class=\"mention\" data-user=\"7\">@kim</span>,<br>you".to_owned()),
        (
            "**@kim** `@kim`",
            "<p><strong><span class=\"mention\" data-user=\"7\">@kim</span></strong> <code>@kim</code></p>".to_owned(),
        ),
        ("👍 🎉", "<span class=\"emoji\">👍 🎉</span>".to_owned()),
    ] {
        assert_eq!(html(body), Some(expected), "{body:?}");
    }
}

#[test]
fn mentions_of_many_are_where_mentions_of_users_are() {
    let many: Vec<_> = Mentioned::many(Wildcard::All).collect();
    let all = |word: &str| format!("<span class=\"mention\" data-who=\"all\">{word}</span>");
    for (body, expected) in [
        ("@all, lunch", Some(format!("{}, lunch", all("@all")))),
        (
            "_@Everyone_",
            Some(format!("<p><em>{}</em></p>", all("@Everyone"))),
        ),
        (
            "> @channel",
            Some(format!(
                "<blockquote><p>{}</p></blockquote>",
                all("@channel")
            )),
        ),
        ("`@all`", Some("<p><code>@all</code></p>".to_owned())),
        (
            "[@all](https://a.example)",
            Some(format!(
                "<p><a href=\"https://a.example\" title=\"https://a.example\" {LINK}>@all</a></p>"
            )),
        ),
        // Nobody who is online was asked for.
        ("@here", None),
        ("@allow mail@all.example", None),
    ] {
        assert_eq!(render(body, &many).html, expected, "{body}");
    }
    assert_eq!(render("@all", &[]).html, None);
}

#[test]
fn code_of_more_than_twenty_lines_is_marked_as_long() {
    let block = |lines: usize| html(&format!("```\n{}```", "x\n".repeat(lines))).unwrap();
    assert!(!block(20).contains("code-long"));
    assert!(block(21).contains("class=\"code code-long\""));
}

#[test]
fn previews_are_one_line_without_signs() {
    for (body, expected) in [
        ("**a** `b`\n\nc", "a b c"),
        ("# Title\n- a\n- b\n\n3. c\n4. d", "Title • a • b 3. c 4. d"),
        ("- [x] a\n- [ ] b", "• ☑ a • ☐ b"),
        ("x ||secret *a* ||b|| || y", "x [spoiler] || y"),
        ("[label](https://a.example)", "label"),
        ("```rust\nfn main() {\n}\n```\nx", "fn main() { } x"),
        ("|a|b|\n|-|-|\n|c|d|", "a b c d"),
        ("> quoted\n\nsaid", "quoted said"),
    ] {
        assert_eq!(
            render(body, &[]).preview.as_deref(),
            Some(expected),
            "{body:?}"
        );
    }
    for (body, expected) in [
        (
            format!("**{}**", "ä".repeat(500)),
            format!("{}…", "ä".repeat(199)),
        ),
        (
            format!("`x` {}", "word ".repeat(60)),
            format!("x {}word…", "word ".repeat(38)),
        ),
        (format!("**{}**", "ä".repeat(200)), "ä".repeat(200)),
    ] {
        assert_eq!(render(&body, &[]).preview, Some(expected), "{body:?}");
    }
}
