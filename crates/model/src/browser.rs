//! The names of browsers.

/// The name of the browser or program that sends this `User-Agent`; `None` for one that is not known.
pub fn browser_name(user_agent: &str) -> Option<&'static str> {
    // The order matters: every browser also names the older ones that it is compatible with.
    [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]
    .into_iter()
    .find(|(mark, _)| user_agent.contains(mark))
    .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::browser_name;

    #[test]
    fn calls_browsers_by_their_names() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser_name(chrome), Some("Chrome"));
        assert_eq!(browser_name(&format!("{chrome} Edg/140.0")), Some("Edge"));
        assert_eq!(browser_name("my-bot/1.0"), None);
    }
}
