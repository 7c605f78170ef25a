//! What is highlighted.

use super::push_highlighted;

/// The tokens of a code: `k:let` is a keyword. What is plain is left out.
fn tokens(language: &str, code: &str) -> String {
    let mut html = String::new();
    push_highlighted(&mut html, language, code);
    let parts = html.split("<span class=\"hl-").skip(1);
    let tokens = parts.map(|part| {
        let (class, rest) = part.split_once("\">").unwrap();
        let (text, _) = rest.split_once("</span>").unwrap();
        let text = text
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        format!("{}:{text}", &class[..1])
    });
    tokens.collect::<Vec<_>>().join(" ")
}

#[test]
fn knows_the_tokens_of_languages() {
    for (language, code, expected) in [
        (
            "rust",
            "fn f<'a>(x: &'a str) -> char { 'x' } // é",
            "k:fn k:str k:char s:'x' c:// é",
        ),
        (
            "rust",
            "let s = \"a\\\"b\"; g(0x1f, 1.5e-3)",
            "k:let s:\"a\\\"b\" f:g n:0x1f n:1.5e-3",
        ),
        (
            "ts",
            "const a: Foo = `x ${y}`; /* b */",
            "k:const t:Foo s:`x ${y}` c:/* b */",
        ),
        (
            "python",
            "def f(x):\n  '''doc\n  '''\n  return None # x",
            "k:def f:f s:'''doc\n  ''' k:return k:None c:# x",
        ),
        (
            "sh",
            "echo \"$HOME\" | grep -v 'a#b' # c",
            "k:echo s:\"$HOME\" s:'a#b' c:# c",
        ),
        (
            "sql",
            "SELECT count(*) FROM t -- x",
            "k:SELECT f:count k:FROM c:-- x",
        ),
        (
            "json",
            "{\"a\": [1, true, \"b\"]}",
            "n:\"a\" n:1 k:true s:\"b\"",
        ),
        ("yaml", "a: b\nc-d: 'x' # y", "n:a n:c-d s:'x' c:# y"),
        (
            "html",
            "<a href=\"x\">&amp;</a><!-- y -->",
            "k:<a n:href s:\"x\" k:> k:</a k:> c:<!-- y -->",
        ),
        ("diff", "+a\n-b\n c\n@@ 1 @@", "a:+a r:-b f:@@ 1 @@"),
        ("php", "$a = it's;", "n:$a s:'s;"),
        ("unknown", "let x = 1;", ""),
        ("", "let x = 1;", ""),
    ] {
        assert_eq!(tokens(language, code), expected, "{language}: {code}");
    }
}

#[test]
fn keeps_every_character() {
    for language in [
        "rust", "js", "python", "ruby", "yaml", "sh", "sql", "lua", "html", "diff", "css", "toml",
    ] {
        for code in [
            "",
            "é'",
            "\"\\é",
            "'''",
            "<é",
            "<a é=\"",
            "/*é",
            "--[[",
            "a\n\n é: ü\t",
            "'\\",
            "`",
            "@é $1 #é",
            "1é.é",
        ] {
            let mut html = String::new();
            push_highlighted(&mut html, language, code);
            let text: String = html
                .split('<')
                .enumerate()
                .map(|(at, part)| {
                    if at == 0 {
                        part
                    } else {
                        part.split_once('>').unwrap().1
                    }
                })
                .collect();
            let text = text
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
            assert_eq!(text, code, "{language}");
        }
    }
}
