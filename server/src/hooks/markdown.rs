//! Slack's `mrkdwn` as Markdown.

use std::collections::HashMap;

/// Emphasis within each other.
const MAX_DEPTH: usize = 4;

/// Characters, or bytes, in which a closing sign is looked for.
const MAX_RUN: usize = 2_000;

/// The bytes that a format takes after its sign; or, where it is none, those in which an end was looked for in vain.
type Taken = Result<usize, usize>;

/// A text without formats: the signs that Markdown has anywhere in a line are escaped, but for those of addresses.
pub fn plain(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        let taken = push_address(rest, before, &mut markdown);
        if taken.is_none() {
            if "\\`*_~[]<>|#".contains(c) {
                markdown.push('\\');
            }
            markdown.push(c);
        }
        let length = taken.unwrap_or(c.len_utf8());
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    markdown
}

/// Appends the address of the web with which a text begins, and returns its length; `None` where there is none. One with
/// signs that are formats elsewhere stands between `<` and `>`, where they are none.
fn push_address(text: &str, before: Option<char>, markdown: &mut String) -> Option<usize> {
    let has_scheme = ["https://", "http://"]
        .into_iter()
        .any(|scheme| starts_with_ignoring_case(text, scheme));
    if !has_scheme || before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let near = &text[..text.floor_char_boundary(MAX_RUN)];
    let is_end = |c: char| c.is_whitespace() || c.is_control() || "<>\"`|\\".contains(c);
    let end = near.find(is_end).unwrap_or(near.len());
    // As of addresses in Markdown (GFM, "Extended www autolink"): a sign at the end belongs to the sentence.
    let mut address = &near[..end];
    let (opened, mut closed) = (address.matches('(').count(), address.matches(')').count());
    while let Some(last) = address.chars().next_back() {
        match last {
            ')' if closed > opened => closed -= 1,
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '*' | '_' | '~' | ']' | '}' => {}
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    if !address.contains(['*', '_', '~', '[', ']']) {
        return None;
    }
    let shown = link("", address);
    if shown.is_empty() {
        return None;
    }
    markdown.push_str(&shown);
    Some(address.len())
}

/// A link with a label; the label alone where the address is none of the web.
pub fn link(label: &str, address: &str) -> String {
    let address = unescaped(address.trim());
    let is_web = ["https://", "http://", "mailto:"]
        .into_iter()
        .any(|scheme| starts_with_ignoring_case(&address, scheme));
    let is_one =
        !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\\".contains(c));
    let label = plain(&label.replace('\n', " "));
    if !(is_web && is_one) {
        return label;
    }
    if label.is_empty() {
        return format!("<{address}>");
    }
    format!("[{label}](<{address}>)")
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    let start = text.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The parts that are not empty, with this between them.
pub fn join(parts: impl IntoIterator<Item = String>, between: &str) -> String {
    let parts = parts.into_iter().map(|it| it.trim().to_owned());
    let parts: Vec<_> = parts.filter(|it| !it.is_empty()).collect();
    parts.join(between)
}

/// Each line as one of a quote.
pub fn quoted(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let lines = text.lines().map(|line| format!("> {line}"));
    let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// With an empty line after each quote and list that the next line is no part of: in Markdown a line without a sign goes
/// on with what is before it, in Slack it does not.
pub fn separated(markdown: &str) -> String {
    let is_item = |line: &str| {
        let line = line.trim_start();
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let marks: &[&str] = if digits.len() < line.len() {
            &[". ", ") "]
        } else {
            &["- ", "* ", "+ "]
        };
        marks.iter().any(|mark| digits.starts_with(mark))
    };
    let mut lines: Vec<&str> = Vec::new();
    let mut is_code = false;
    for line in markdown.lines() {
        let before = lines.last().copied().unwrap_or_default();
        let goes_on = line.is_empty()
            || before.starts_with('>') && line.starts_with('>')
            || is_item(before) && (is_item(line) || line.starts_with(' '));
        let ends = before.starts_with('>') || is_item(before);
        if ends && !goes_on && !is_code {
            lines.push("");
        }
        if line.starts_with("```") {
            is_code = !is_code;
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The entities that Slack escapes.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

pub fn from_mrkdwn(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    // Code first: nothing in it is a format.
    while let Some(start) = rest.find("```") {
        let inner = &rest[start + 3..];
        let Some(end) = inner.find("```") else { break };
        convert(&rest[..start], 0, &mut markdown);
        if !markdown.is_empty() && !markdown.ends_with('\n') {
            markdown.push('\n');
        }
        let code = unescaped(inner[..end].trim_matches('\n'));
        markdown.push_str("```\n");
        markdown.push_str(&code);
        markdown.push_str("\n```\n");
        rest = inner[end + 3..].trim_start_matches('\n');
    }
    convert(rest, 0, &mut markdown);
    markdown.trim().to_owned()
}

/// Converts a text without blocks of code.
fn convert(text: &str, depth: usize, markdown: &mut String) {
    let mut before = None;
    let mut rest = text;
    // Of each sign, how long the rest is where it was looked for in vain: before that, nobody looks again.
    let mut in_vain = HashMap::new();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let is_hopeless = in_vain.get(&c).is_some_and(|left| after.len() > *left);
        let taken = match c {
            _ if is_hopeless => Err(0),
            'h' | 'H' => push_address(rest, before, markdown)
                .map(|length| length - 1)
                .ok_or(0),
            '<' => angle(after, markdown),
            '`' => code(after, markdown),
            '*' | '_' | '~' => emphasis(c, before, after, depth, markdown),
            '&' => entity(rest, before, markdown).map(|length| length - 1),
            _ => Err(0),
        };
        if let Err(read) = taken {
            if read > 0 {
                in_vain.insert(c, after.len() - read);
            }
            push_escaped(c, before, markdown);
        }
        let length = c.len_utf8() + taken.unwrap_or_default();
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
}

/// A character that is no format in `mrkdwn`, so that it is none in Markdown: neither a link, a heading, a spoiler nor a
/// sign of emphasis without its end.
fn push_escaped(c: char, before: Option<char>, markdown: &mut String) {
    let is_format = "\\[]|`*~<".contains(c) || (begins_line(before) && "#+=".contains(c));
    // Within a word it is no sign.
    let is_lone = c == '_' && before.is_none_or(|before| !before.is_alphanumeric());
    if is_format || is_lone {
        markdown.push('\\');
    }
    markdown.push(c);
}

fn begins_line(before: Option<char>) -> bool {
    before.is_none_or(|before| before == '\n')
}

/// What stands between `<` and `>`: an address, or the name of somebody or something. Nobody is told by it: its ids are
/// Slack's.
fn angle(after: &str, markdown: &mut String) -> Taken {
    // Another `<` comes first: what is in it is looked at from there, so that nothing is read twice.
    let near = after.find(['<', '>', '\n']).unwrap_or_default();
    if after[near..].starts_with('<') {
        return Err(0);
    }
    let end = end_of(after, '>')?;
    let inner = &after[..end];
    let (target, label) = inner.split_once('|').unwrap_or((inner, ""));
    let label = unescaped(label);
    let name = |sign: &str, id: &str| {
        let shown = if label.is_empty() {
            id
        } else {
            label.trim_start_matches(['@', '#'])
        };
        format!("{sign}{}", plain(shown))
    };
    let shown = match target.chars().next().ok_or(0_usize)? {
        '@' => name("", &target[1..]),
        '#' => name("\\#", &target[1..]),
        '!' => match &target[1..] {
            // Whether it tells anybody is decided where it is sent.
            wildcard @ ("here" | "channel" | "everyone") => format!("@{wildcard}"),
            other => name("", other.split('^').next_back().unwrap_or_default()),
        },
        _ if label.is_empty() => link("", target),
        _ => link(&label, target),
    };
    if shown.is_empty() {
        return Err(0);
    }
    markdown.push_str(&shown);
    Ok(end + 1)
}

/// Where the sign is that closes, on the same line.
fn end_of(after: &str, sign: char) -> Taken {
    let near = &after[..after.floor_char_boundary(MAX_RUN)];
    let end = near.find([sign, '\n']).ok_or(near.len())?;
    if near[end..].starts_with(sign) {
        Ok(end)
    } else {
        Err(end)
    }
}

fn code(after: &str, markdown: &mut String) -> Taken {
    let end = end_of(after, '`')?;
    if end == 0 {
        return Err(0);
    }
    markdown.push('`');
    markdown.push_str(&unescaped(&after[..end]));
    markdown.push('`');
    Ok(end + 1)
}

/// A pair of signs around words, on one line.
fn emphasis(
    sign: char,
    before: Option<char>,
    after: &str,
    depth: usize,
    markdown: &mut String,
) -> Taken {
    let begins = before.is_none_or(|it| !it.is_alphanumeric() && it != sign);
    let first = after.chars().next().ok_or(0_usize)?;
    if !begins || first.is_whitespace() || first == sign || depth >= MAX_DEPTH {
        return Err(0);
    }
    let (mut last, mut read) = (first, 0);
    for (at, c) in after.char_indices().take(MAX_RUN) {
        read = at;
        if c == '\n' {
            break;
        }
        let next = after[at + c.len_utf8()..].chars().next();
        let ends = next.is_none_or(|it| !it.is_alphanumeric() && it != sign);
        if c == sign && ends && !last.is_whitespace() && last != sign {
            let written = match sign {
                '*' => "**",
                '~' => "~~",
                _ => "_",
            };
            markdown.push_str(written);
            convert(&after[..at], depth + 1, markdown);
            markdown.push_str(written);
            return Ok(at + 1);
        }
        last = c;
    }
    Err(read)
}

/// The whole of it, with its sign. `&gt;` at the beginning of a line is the sign of a quote, as in Slack.
fn entity(rest: &str, before: Option<char>, markdown: &mut String) -> Taken {
    if rest.starts_with("&gt;") && begins_line(before) {
        markdown.push('>');
        return Ok("&gt;".len());
    }
    let (entity, shown) = [("&amp;", "&"), ("&lt;", "\\<"), ("&gt;", "\\>")]
        .into_iter()
        .find(|(entity, _)| rest.starts_with(entity))
        .ok_or(0_usize)?;
    markdown.push_str(shown);
    Ok(entity.len())
}

#[cfg(test)]
mod tests {
    use super::{from_mrkdwn, link, plain, quoted, separated};

    #[test]
    fn formats_are_those_of_markdown() {
        for (mrkdwn, markdown) in [
            (
                "*bold* _it_ ~gone~ `*code*`",
                "**bold** _it_ ~~gone~~ `*code*`",
            ),
            ("*bold _both_*", "**bold _both_**"),
            ("a*b*c 2 * 3 * 4", r"a\*b\*c 2 \* 3 \* 4"),
            ("snake_case_name", "snake_case_name"),
            ("*open", r"\*open"),
            ("> quote\nline", "> quote\nline"),
            ("a ```x *y*\nz``` b", "a \n```\nx *y*\nz\n```\n b"),
            ("# no heading", r"\# no heading"),
            ("[no](link) ||none||", r"\[no\](link) \|\|none\|\|"),
            ("a &amp;&amp; b &lt;i&gt;", r"a && b \<i\>"),
            ("&gt; quote", "> quote"),
            ("• one\n• two", "• one\n• two"),
        ] {
            assert_eq!(from_mrkdwn(mrkdwn), markdown, "{mrkdwn}");
        }
    }

    #[test]
    fn addresses_stay_whole() {
        for (text, markdown) in [
            (
                "https://a.example/__init__.py",
                "<https://a.example/__init__.py>",
            ),
            (
                "see https://a.example/a*b*c.",
                "see <https://a.example/a*b*c>.",
            ),
            (
                "(https://a.example/~u~/(x))",
                "(<https://a.example/~u~/(x)>)",
            ),
            (
                "http://a.example/?m=__uid__%3D1&n=2",
                "<http://a.example/?m=__uid__%3D1&n=2>",
            ),
            ("HTTPS://a.example/a_b", "<HTTPS://a.example/a_b>"),
            ("https://a.example/plain", "https://a.example/plain"),
            ("https://", "https://"),
            ("xhttps://a_", r"xhttps://a\_"),
        ] {
            assert_eq!(plain(text), markdown, "{text}");
            if !text.starts_with('x') {
                assert_eq!(from_mrkdwn(text), markdown, "{text}");
            }
        }
        assert_eq!(
            from_mrkdwn("*https://a.example/a_b*"),
            "**<https://a.example/a_b>**"
        );
    }

    #[test]
    fn a_line_after_a_quote_or_a_list_is_none_of_it() {
        for (text, separate) in [
            ("> a\nb", "> a\n\nb"),
            ("> a\n> b\n\nc", "> a\n> b\n\nc"),
            ("- a\n- b\nc", "- a\n- b\n\nc"),
            ("1. a\n   b\n2. c\nd", "1. a\n   b\n2. c\n\nd"),
            ("```\n- a\nb\n```\nc", "```\n- a\nb\n```\nc"),
            ("1.5\n-a\nb", "1.5\n-a\nb"),
        ] {
            assert_eq!(separated(text), separate, "{text}");
            assert_eq!(separated(&separated(text)), separate, "{text}");
        }
    }

    #[test]
    fn links_lead_to_the_web_only() {
        for (mrkdwn, markdown) in [
            (
                "<https://a.example/?a=1&amp;b=2|A _b_>",
                r"[A \_b\_](<https://a.example/?a=1&b=2>)",
            ),
            ("<https://a.example>", "<https://a.example>"),
            ("<mailto:a@b.example|Mail>", "[Mail](<mailto:a@b.example>)"),
            ("<javascript:alert(1)|x>", "x"),
            (
                "<https://a.example|a](https://b.example)>",
                r"[a\](https://b.example)](<https://a.example>)",
            ),
            ("a < b", r"a \< b"),
        ] {
            assert_eq!(from_mrkdwn(mrkdwn), markdown, "{mrkdwn}");
        }
        assert_eq!(link("x", "https://a.example/ b"), "x");
    }

    #[test]
    fn nobody_is_meant_by_ids_of_slack() {
        for (mrkdwn, markdown) in [
            ("<@U024BE7LH>", "U024BE7LH"),
            ("<@U024BE7LH|ada>", "ada"),
            ("<@U1|@ada>", "ada"),
            ("<#C024BE7LR|general>", r"\#general"),
            ("<!subteam^S1|@team>", "team"),
            ("<!here> <!channel>", "@here @channel"),
            (
                "<!date^1392734382^Posted {date}|18 February>",
                "18 February",
            ),
        ] {
            assert_eq!(from_mrkdwn(mrkdwn), markdown, "{mrkdwn}");
        }
    }

    #[test]
    fn a_text_without_formats_shows_as_it_is() {
        assert_eq!(plain(" *a* `b` <c> #d "), r"\*a\* \`b\` \<c\> \#d");
        assert_eq!(quoted("a\n\nb"), "> a\n>\n> b");
    }

    #[test]
    fn texts_that_open_much_take_little_time() {
        let started = std::time::Instant::now();
        let opened = format!("{}>", "<".repeat(1_990));
        for text in [
            opened.as_str(),
            "*a ",
            "<",
            "`",
            "_*~",
            "```",
            "&lt;",
            "http://",
            "http://_",
            "https://)",
        ] {
            from_mrkdwn(&text.repeat(20_000 / text.len().min(100)));
        }
        assert!(started.elapsed().as_secs() < 5);
    }
}
