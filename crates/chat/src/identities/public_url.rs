//! `PUBLIC_URL`: the address at which people reach this server.

use reqwest::Url;
use std::{fmt, str::FromStr};

/// An origin of the web: without a path, a query or a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// Without a slash at its end.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "must be as https://chat.example.org, without a path";
        let url: Url = text.trim().parse().map_err(|_| WRONG)?;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        is_origin.then_some(Self(url)).ok_or(WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;

    #[test]
    fn it_is_an_origin() {
        let parse = |text: &str| text.parse::<PublicUrl>();
        for good in [
            "https://chat.example.org",
            "http://127.0.0.1:8080/",
            " https://a.b ",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "chat.example.org",
            "https://a.b/chat",
            "https://a.b?x",
            "https://u@a.b",
            "ftp://a.b",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
