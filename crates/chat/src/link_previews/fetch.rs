//! Fetches a page, or a picture of one, within limits of time and size.

use super::{reach::Unreachable, state::LinkPreviews};
use reqwest::{Response, StatusCode, Url, header};
use std::{error::Error, time::Duration};
use tokio::time::timeout;

/// Redirects that are followed. The last one may lead to a page.
const MAX_REDIRECTS: usize = 3;

/// Time for all of it: names, redirects and the answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(12);

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// HTML, of which the beginning is enough.
    Page,
    /// A picture, which is good as a whole.
    Picture,
}

impl Kind {
    fn accept(self) -> &'static str {
        match self {
            Self::Page => "text/html,application/xhtml+xml",
            Self::Picture => "image/webp,image/png,image/jpeg",
        }
    }

    /// Bytes that are read.
    fn max_bytes(self) -> usize {
        match self {
            Self::Page => 512 * 1024,
            Self::Picture => 4 * 1024 * 1024,
        }
    }

    fn takes(self, media_type: &str) -> bool {
        let types: &[&str] = match self {
            Self::Page => &["text/html", "application/xhtml+xml"],
            // What it is in truth, its first bytes say.
            Self::Picture => &["image/webp", "image/png", "image/jpeg", "image/jpg"],
        };
        types.iter().any(|it| media_type.eq_ignore_ascii_case(it))
    }
}

/// What was found at an address.
#[derive(Debug)]
pub struct Answer {
    /// Where it was found, after redirects.
    pub url: Url,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Why nothing was.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
    #[error("the host has been asked too often")]
    Limited,
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("no answer in time")]
    Timeout,
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    #[error("a redirect that leads nowhere")]
    Location,
    #[error("a redirect from https to http")]
    Insecure,
    #[error("more than {MAX_REDIRECTS} redirects")]
    Redirects,
    #[error("another type than is read: {0}")]
    Type(String),
    #[error("the answer is packed, though nobody asked for that")]
    Packed,
    #[error("more bytes than are read")]
    TooLong,
}

impl FetchError {
    /// What the metric says of it.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "refused",
            Self::Limited => "limited",
            // The resolver refuses names, too.
            Self::Http(error) if is_refused(error) => "refused",
            Self::Http(_) | Self::Timeout => "failed",
            _ => "nothing",
        }
    }
}

/// Whether `Reach` has refused the addresses of a host.
fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(it) = cause {
        if it.is::<Unreachable>() {
            return true;
        }
        cause = it.source();
    }
    false
}

impl LinkPreviews {
    /// Fetches what is at an address. Each redirect is a new address, which is checked like the first.
    pub async fn fetch(&self, url: Url, kind: Kind) -> Result<Answer, FetchError> {
        match timeout(FETCH_TIMEOUT, self.follow(url, kind)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::Timeout),
        }
    }

    async fn follow(&self, mut url: Url, kind: Kind) -> Result<Answer, FetchError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(&url, kind).await?;
            let Some(next) = next(&url, &response)? else {
                return read(url, response, kind).await;
            };
            url = next;
        }
        Err(FetchError::Redirects)
    }

    async fn ask(&self, url: &Url, kind: Kind) -> Result<Response, FetchError> {
        self.reach.check(url)?;
        let host = url.host_str().unwrap_or_default();
        self.count_request(host).map_err(|_| FetchError::Limited)?;
        let request = self
            .client()?
            .get(url.clone())
            .header(header::ACCEPT, kind.accept())
            .header(header::ACCEPT_ENCODING, "identity");
        let response = request.send().await?;
        // The connector has seen to it: this is for the day on which it does not.
        if let Some(address) = response.remote_addr() {
            self.reach.permit(address.ip())?;
        }
        Ok(response)
    }
}

/// Where an answer leads, if that is elsewhere.
fn next(url: &Url, response: &Response) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|it| str::from_utf8(it.as_bytes()).ok());
    location
        .ok_or(FetchError::Location)
        .and_then(|it| target(url, it))
        .map(Some)
}

/// The address that a redirect names. From `https` none leads to `http`, where anybody on the way may write what is shown.
fn target(url: &Url, location: &str) -> Result<Url, FetchError> {
    let next = url.join(location).map_err(|_| FetchError::Location)?;
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(FetchError::Insecure);
    }
    Ok(next)
}

/// The type of an answer that is read.
fn content_type(response: &Response, kind: Kind) -> Result<String, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let named = |name: header::HeaderName| {
        let value = response.headers().get(name);
        value.and_then(|it| it.to_str().ok()).unwrap_or_default()
    };
    let content_type = named(header::CONTENT_TYPE);
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.takes(media_type) {
        return Err(FetchError::Type(content_type.to_owned()));
    }
    let encoding = named(header::CONTENT_ENCODING).trim();
    if !(encoding.is_empty() || encoding.eq_ignore_ascii_case("identity")) {
        return Err(FetchError::Packed);
    }
    Ok(content_type.to_owned())
}

async fn read(url: Url, mut response: Response, kind: Kind) -> Result<Answer, FetchError> {
    let content_type = content_type(&response, kind)?;
    let max = kind.max_bytes();
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await? {
        let room = max - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() >= room {
            // Of a page, the rest says nothing more.
            if kind == Kind::Picture {
                return Err(FetchError::TooLong);
            }
            break;
        }
    }
    Ok(Answer {
        url,
        content_type,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::{FetchError, target};

    #[test]
    fn redirects_stay_encrypted() {
        let from = |url: &str, location| target(&url.parse().unwrap(), location);
        for (url, location, to) in [
            ("https://a.org/x/y", "../z", "https://a.org/z"),
            ("https://a.org/", "//b.org/", "https://b.org/"),
            ("http://a.org/", "https://a.org/", "https://a.org/"),
            ("http://a.org/", "http://b.org/", "http://b.org/"),
        ] {
            assert_eq!(from(url, location).unwrap().as_str(), to);
        }
        let refused = from("https://a.org/", "http://a.org/");
        assert!(matches!(refused, Err(FetchError::Insecure)));
        let nowhere = from("https://a.org/", "http://[");
        assert!(matches!(nowhere, Err(FetchError::Location)));
    }
}
