//! The previews of links as HTML: a card for each. All texts of a page are text, and its picture is the server's own.

use super::markdown::push_escaped;
use model::{LinkPicture, LinkPreview};
use reqwest::Url;
use std::fmt::Write;

/// The cards of a message; `None` without any. `docs/link-previews.md` lists their elements.
pub fn link_cards(previews: &[LinkPreview]) -> Option<String> {
    if previews.is_empty() {
        return None;
    }
    let mut html = String::new();
    for preview in previews {
        push_card(&mut html, preview);
    }
    Some(html)
}

fn push_card(html: &mut String, preview: &LinkPreview) {
    html.push_str("<div class=\"link-card\"><a href=\"");
    push_escaped(html, &preview.url);
    html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
    if let Some(picture) = &preview.picture {
        push_picture(html, picture);
    }
    html.push_str("<span class=\"link-card-text\"><span class=\"link-card-site\">");
    let hosts = hosts(preview);
    for (number, host) in hosts.iter().enumerate() {
        html.push_str(if number == 0 { "" } else { " → " });
        push_text(html, "link-card-host", host);
    }
    // Whoever the page says that it is, its host stands before it.
    if let Some(site) = preview.site.as_ref().filter(|it| **it != preview.host) {
        html.push_str(" · ");
        push_text(html, "link-card-name", site);
    }
    html.push_str("</span>");
    if let Some(title) = &preview.title {
        push_text(html, "link-card-title", title);
    }
    if let Some(description) = &preview.description {
        push_text(html, "link-card-description", description);
    }
    // Writing to a string does not fail.
    let _ = write!(
        html,
        "</span></a><button type=\"button\" class=\"link-card-remove\" data-act=\"unpreview\" data-preview=\"{}\" aria-label=\"Remove the preview of ",
        preview.id
    );
    push_escaped(html, &hosts.join(" → "));
    html.push_str("\" title=\"Remove preview\">×</button></div>");
}

/// The host that the link names, and the one where the page was found, if that is another: a site may lead this server
/// elsewhere than people.
fn hosts(preview: &LinkPreview) -> Vec<String> {
    let url = Url::parse(&preview.url).ok();
    let named = url.as_ref().and_then(Url::host_str).map(str::to_owned);
    let named = named.filter(|it| *it != preview.host);
    named.into_iter().chain([preview.host.clone()]).collect()
}

/// In a box of its own, so that a text from right to left turns nothing around it.
fn push_text(html: &mut String, class: &str, text: &str) {
    let _ = write!(html, "<bdi class=\"{class}\">");
    push_escaped(html, text);
    html.push_str("</bdi>");
}

/// With its size, so that nothing moves when it comes.
fn push_picture(html: &mut String, picture: &LinkPicture) {
    html.push_str("<img src=\"");
    push_escaped(html, &picture.url);
    let _ = write!(
        html,
        "\" width=\"{}\" height=\"{}\" alt=\"\" loading=\"lazy\" decoding=\"async\">",
        picture.width, picture.height
    );
}

#[cfg(test)]
mod tests {
    use super::link_cards;
    use model::{LinkPicture, LinkPreview, LinkPreviewId};

    #[test]
    fn what_a_page_says_is_text() {
        let hostile = "</bdi><script>alert(1)</script>\"'&";
        let preview = LinkPreview {
            id: LinkPreviewId(7),
            url: "https://a.org/?\"onclick=\"x&y".to_owned(),
            host: "a.org".to_owned(),
            site: Some(hostile.to_owned()),
            title: Some(hostile.to_owned()),
            description: Some(hostile.to_owned()),
            picture: Some(LinkPicture {
                url: "/link-pictures/x".to_owned(),
                width: 256,
                height: 144,
            }),
        };
        let html = link_cards(&[preview]).unwrap();
        assert!(!html.contains("<script"));
        assert!(!html.contains("\"onclick"));
        assert_eq!(html.matches("&lt;/bdi&gt;&lt;script&gt;").count(), 3);
        assert!(html.contains("rel=\"noopener noreferrer nofollow\""));
        assert!(html.contains("width=\"256\" height=\"144\" alt=\"\""));
        assert!(html.contains("data-preview=\"7\""));
        // It is clean by the measure of ammonia, but for the button.
        let mut cleaner = ammonia::Builder::default();
        cleaner
            .add_tags(["button"])
            .add_generic_attributes(["class"])
            .add_tag_attributes("a", ["target"])
            .add_tag_attributes("img", ["loading", "decoding"])
            .add_tag_attributes(
                "button",
                ["type", "data-act", "data-preview", "aria-label", "title"],
            )
            .url_relative(ammonia::UrlRelative::PassThrough)
            .link_rel(None)
            .add_tag_attributes("a", ["rel"]);
        let clean = cleaner.clean(&html).to_string();
        for part in ["<a ", "<img ", "<bdi ", "<button ", "<div ", "<span "] {
            let count = |html: &str| html.matches(part).count();
            assert_eq!(count(&clean), count(&html), "{part}");
        }
    }

    #[test]
    fn a_site_that_is_its_host_is_named_once() {
        let preview = LinkPreview {
            id: LinkPreviewId(7),
            url: "https://a.org/".to_owned(),
            host: "a.org".to_owned(),
            site: Some("a.org".to_owned()),
            title: Some("A".to_owned()),
            description: None,
            picture: None,
        };
        let html = link_cards(&[preview]).unwrap();
        assert!(!html.contains("link-card-name"));
        assert_eq!(html.matches("link-card-host").count(), 1);
        assert_eq!(link_cards(&[]), None);
    }

    #[test]
    fn where_the_link_leads_goes_before_what_the_page_says() {
        let preview = LinkPreview {
            id: LinkPreviewId(7),
            url: "https://EVIL.org/x".to_owned(),
            host: "bank.org".to_owned(),
            site: Some("Your bank".to_owned()),
            title: Some("Sign in".to_owned()),
            description: None,
            picture: None,
        };
        let html = link_cards(&[preview]).unwrap();
        let line = "<bdi class=\"link-card-host\">evil.org</bdi> → \
            <bdi class=\"link-card-host\">bank.org</bdi> · \
            <bdi class=\"link-card-name\">Your bank</bdi>";
        assert!(html.contains(line), "{html}");
        assert!(html.contains("aria-label=\"Remove the preview of evil.org → bank.org\""));
    }
}
