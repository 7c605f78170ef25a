//! Attachments: validation of the files that a message links to.

use crate::{Error, Result, text};
use model::NewAttachment;

pub(crate) const MAX_ATTACHMENTS: usize = 10;

/// Checks their number, and that each is an absolute address of the web, or a path: of this server, or of the one of an
/// app, which knows what it means.
pub fn check(attachments: &[NewAttachment]) -> Result<()> {
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(Error::invalid("attachments", "must be at most 10"));
    }
    let is_good = |url: &str| {
        let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
        let is_path = !scheme.contains(':');
        is_link(url) && (is_path || text::is_web_address(url, &["https", "http"]))
    };
    if attachments.iter().all(|it| is_good(&it.url)) {
        return Ok(());
    }
    let reason = "need addresses that begin with https:// or http://, or paths";
    Err(Error::invalid("attachments", reason))
}

/// Returns whether a page may link to the URL: http, https, or a path. A browser executes
/// `javascript:` URLs, and strips tabs and line breaks from a URL before it reads the scheme
/// (WHATWG URL, basic URL parser), so control characters and white space are refused.
pub(crate) fn is_link(url: &str) -> bool {
    if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return false;
    }
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme.split_once(':') {
        Some((scheme, _)) => ["http", "https"]
            .iter()
            .any(|it| scheme.eq_ignore_ascii_case(it)),
        None => !url.starts_with("//"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_link;

    #[test]
    fn links_are_what_a_browser_does_not_run() {
        for good in [
            "https://example.org/a.png?x=1:2#y",
            "HTTP://example.org",
            "/uploads/7",
            "uploads/a:b.png",
            "a.png",
        ] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "//example.org/a.png",
            "/\\example.org",
        ] {
            assert!(!is_link(bad), "{bad:?}");
        }
    }
}
