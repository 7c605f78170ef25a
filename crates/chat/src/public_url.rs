//! `PUBLIC_URL`: the address at which people reach this server.

use reqwest::Url;
use std::{fmt, str::FromStr};

/// The address of this server as people and providers reach it: an origin of the web, without a slash at the end. Links in
/// mails and redirect URIs begin with it, never with the `Host` of a request, which its sender chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address of a page, by its path.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        let origin = || url.as_str().trim_end_matches('/').to_owned();
        is_origin.then(|| Self(origin())).ok_or(WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;

    #[test]
    fn it_is_an_origin() {
        let link = |url: &str| url.parse::<PublicUrl>().map(|it| it.link("/reset/x"));
        let of_host = Ok("https://chat.example.org/reset/x".to_owned());
        assert_eq!(link("https://chat.example.org"), of_host);
        assert_eq!(link(" https://Chat.example.org/ "), of_host);
        assert_eq!(
            link("http://127.0.0.1:8080").unwrap(),
            "http://127.0.0.1:8080/reset/x"
        );
        for bad in [
            "",
            "chat.example.org",
            "ftp://chat.example.org",
            "https://ada@chat.example.org",
            "https://chat.example.org/?a",
            "https://chat.example.org/#a",
            "https://chat.example.org/chat",
            "javascript:alert(1)",
        ] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }
}
