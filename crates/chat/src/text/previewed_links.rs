//! The links of a message that the server makes previews of.

use super::markdown;

/// Previews of a message. Further links have none.
const MAX_LINK_PREVIEWS: usize = 3;

/// Characters of an address that is previewed (`link_previews_url_length`).
const MAX_ADDRESS: usize = 2048;

/// The first addresses of the web in a body, each once, in the order of the text. What is in code, or hidden by a
/// spoiler, is none.
pub fn previewed_links(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !body.contains("://") {
        return found;
    }
    for link in markdown::web_links(body, &markdown::parse(body)) {
        if found.len() == MAX_LINK_PREVIEWS {
            break;
        }
        if !found.contains(&link) && link.chars().count() <= MAX_ADDRESS {
            found.push(link);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::previewed_links;

    #[test]
    fn the_first_three_are_taken_once() {
        let body = "https://a.org https://b.org/x?y, https://a.org (http://c.org) https://d.org";
        assert_eq!(
            previewed_links(body),
            ["https://a.org", "https://b.org/x?y", "http://c.org"]
        );
        let long = format!("https://a.org/{} https://b.org", "x".repeat(2048));
        assert_eq!(previewed_links(&long), ["https://b.org"]);
    }

    #[test]
    fn labels_lead_where_they_lead() {
        for body in [
            "[the plan](https://a.org/plan)",
            "**[https://b.org](https://a.org/plan)**",
            "<https://a.org/plan>",
            "> https://a.org/plan",
            "- _https://a.org/plan_",
        ] {
            assert_eq!(previewed_links(body), ["https://a.org/plan"], "{body}");
        }
    }

    #[test]
    fn code_spoilers_and_other_schemes_have_none() {
        for body in [
            "`https://a.org`",
            "```\nhttps://a.org\n```",
            "    https://a.org",
            "||https://a.org||",
            "||see [this](https://a.org)||",
            "[write](mailto:ada@a.org) ://",
            "[there](/c/4) ://",
            "ftp://a.org",
            "javascript://a.org",
            "plain",
        ] {
            assert!(previewed_links(body).is_empty(), "{body}");
        }
        assert_eq!(
            previewed_links("||https://a.org|| https://b.org"),
            ["https://b.org"]
        );
    }
}
