//! Fetches a page, or a picture of one, within limits of time and size.

use super::{
    connection::Connection,
    fetch_error::{FetchError, MAX_REDIRECTS},
    state::LinkPreviews,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, StatusCode, body::Incoming, header};
use model::UserId;
use reqwest::Url;
use std::{net::IpAddr, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Time for all of it: names, redirects and the answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(12);

/// Until one answer is read to its end, from when the addresses of its host are there.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// As sites know whom to give a page that describes itself.
const USER_AGENT: &str = concat!(
    "parlance/",
    env!("CARGO_PKG_VERSION"),
    " (bot; link previews)"
);

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

    /// Bytes that the connection brings for them: each piece may have some beside it that say how long it is.
    fn max_wire_bytes(self) -> usize {
        2 * self.max_bytes()
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
    /// Whether there would have been more that may say something.
    pub is_cut: bool,
}

impl LinkPreviews {
    /// Fetches what is at an address, for a user. Each redirect is a new address, which is checked like the first.
    pub async fn fetch(
        &self,
        mut url: Url,
        kind: Kind,
        user_id: UserId,
    ) -> Result<Answer, FetchError> {
        let end = Instant::now() + FETCH_TIMEOUT;
        for _ in 0..=MAX_REDIRECTS {
            url = self.reach.plain(url)?;
            let host = url.host_str().unwrap_or_default();
            self.count_request(host).map_err(|_| FetchError::Limited)?;
            // The wait for a turn, and for name servers, says nothing of the page.
            let found = timeout_at(end, self.find_addresses(host, user_id)).await;
            let addresses = found.map_err(|_| FetchError::Busy)??;
            let end = end.min(Instant::now() + REQUEST_TIMEOUT);
            let asked = timeout_at(end, self.ask(&url, kind, &addresses)).await;
            let (response, connection) = asked.map_err(|_| FetchError::Timeout)??;
            let Some(next) = next(&url, &response)? else {
                return read(url, response, connection, kind, end).await;
            };
            url = next;
        }
        Err(FetchError::Redirects)
    }

    async fn ask(
        &self,
        url: &Url,
        kind: Kind,
        addresses: &[IpAddr],
    ) -> Result<(Response<Incoming>, Connection), FetchError> {
        let host = url.host_str().unwrap_or_default();
        let request = request(url, host, kind)?;
        let (mut sender, mut connection) = self.connect(url, addresses).await?;
        let response = connection.bring(sender.send_request(request)).await??;
        connection.allow(kind.max_wire_bytes());
        Ok((response, connection))
    }
}

fn request(url: &Url, host: &str, kind: Kind) -> Result<Request<Empty<Bytes>>, http::Error> {
    let query = url.query().map(|it| format!("?{it}"));
    let port = url.port().map(|it| format!(":{it}"));
    Request::get(format!("{}{}", url.path(), query.unwrap_or_default()))
        .header(header::HOST, format!("{host}{}", port.unwrap_or_default()))
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, kind.accept())
        .header(header::ACCEPT_ENCODING, "identity")
        .body(Empty::new())
}

/// Where an answer leads, if that is elsewhere.
fn next(url: &Url, response: &Response<Incoming>) -> Result<Option<Url>, FetchError> {
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
fn content_type(response: &Response<Incoming>, kind: Kind) -> Result<String, FetchError> {
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

/// Reads an answer. A page is what has come of it when its time ends, the connection breaks, or there is too much: the
/// beginning has what it says of itself. A picture comes as a whole.
async fn read(
    url: Url,
    response: Response<Incoming>,
    mut connection: Connection,
    kind: Kind,
    end: Instant,
) -> Result<Answer, FetchError> {
    let content_type = content_type(&response, kind)?;
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    let cut = loop {
        let piece = match timeout_at(end, connection.bring(body.frame())).await {
            Ok(Ok(Some(Ok(piece)))) => piece,
            Ok(Ok(None)) => break None,
            Ok(Ok(Some(Err(error)))) => break Some(error.into()),
            Ok(Err(error)) => break Some(error),
            Err(_) => break Some(FetchError::Timeout),
        };
        let Ok(piece) = piece.into_data() else {
            continue;
        };
        let room = kind.max_bytes() - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() >= room {
            break Some(FetchError::TooLong);
        }
    };
    let is_cut = match cut {
        None => false,
        // Of a page, the rest says nothing more.
        Some(FetchError::TooLong) if kind == Kind::Page => false,
        Some(_) if kind == Kind::Page && !bytes.is_empty() => true,
        Some(error) => return Err(error),
    };
    Ok(Answer {
        url,
        content_type,
        bytes,
        is_cut,
    })
}

#[cfg(test)]
mod tests {
    use super::target;
    use crate::link_previews::fetch_error::FetchError;

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
