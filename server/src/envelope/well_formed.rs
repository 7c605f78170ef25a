//! Requests that no server can be asked for, and those that two servers in a row would read differently.

use super::{authority::Authority, text::text};
use crate::problem::ApiError;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, Version, header};
use model::ErrorCode;

/// Answers 400 to such a request, as RFC 9112, 3.2 demands.
pub async fn refuse_malformed(request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(()) => next.run(request).await,
        Err(reason) => {
            ApiError::http(StatusCode::BAD_REQUEST, ErrorCode::Invalid, reason).into_response()
        }
    }
}

fn check<B>(request: &http::Request<B>) -> Result<(), &'static str> {
    let path = request.uri().path();
    let is_of_the_server = path == "*" && request.method() == Method::OPTIONS;
    // `CONNECT host:port` is for proxies, and has no path.
    if !path.starts_with('/') && !is_of_the_server {
        return Err("The target of a request here begins with a slash.");
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err("A request has one `Host`, and this one has more."),
        (None, None) if request.version() == Version::HTTP_11 => {
            Err("A request of HTTP/1.1 has a `Host`, and this one has none.")
        }
        (Some(host), None) if !host.is_empty() && Authority::parse(&text(host)).is_none() => {
            Err("`Host` must be a host, or a host and a port.")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use http::{Request, Version};

    fn is_well_formed(method: &str, uri: &str, version: Version, hosts: &[&str]) -> bool {
        let mut request = Request::builder().method(method).uri(uri).version(version);
        for host in hosts {
            request = request.header("host", *host);
        }
        check(&request.body(()).unwrap()).is_ok()
    }

    #[test]
    fn what_no_server_can_be_asked_for_is_refused() {
        let one = Version::HTTP_11;
        for (method, uri, version, hosts) in [
            ("GET", "/", one, &["chat.example"][..]),
            ("GET", "/", one, &["[2001:db8::1]:8080"]),
            ("GET", "/", one, &["chat_server.example:"]),
            ("GET", "/", one, &[""]),
            ("GET", "http://chat.example/x", one, &["inner"]),
            ("GET", "http://chat.example", one, &["inner"]),
            ("OPTIONS", "*", one, &["chat.example"]),
            ("GET", "/", Version::HTTP_10, &[]),
            ("GET", "http://chat.example/", Version::HTTP_2, &[]),
        ] {
            assert!(
                is_well_formed(method, uri, version, hosts),
                "{method} {uri} {hosts:?}"
            );
        }
        for (method, uri, version, hosts) in [
            ("GET", "chat.example:443", one, &["chat.example"][..]),
            ("CONNECT", "chat.example:443", one, &["chat.example"]),
            ("CONNECT", "chat.example:443", Version::HTTP_2, &[]),
            ("GET", "*", one, &["chat.example"]),
            ("GET", "/", one, &[]),
            ("GET", "/", one, &["chat.example", "chat.example"]),
            (
                "GET",
                "/",
                Version::HTTP_10,
                &["chat.example", "evil.example"],
            ),
            ("GET", "/", one, &["chat.example:99999"]),
            ("GET", "/", one, &["ada@chat.example"]),
            ("GET", "/", one, &["chat.example/x"]),
            ("GET", "/", one, &["a.example, b.example"]),
        ] {
            assert!(
                !is_well_formed(method, uri, version, hosts),
                "{method} {uri} {hosts:?}"
            );
        }
    }
}
