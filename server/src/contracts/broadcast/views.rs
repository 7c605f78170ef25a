//! The contract's page for manual tests: `/views/chat-test.html`, with its script and style.

use crate::State;
use axum::{Router, response::IntoResponse, routing::get};
use http::{HeaderName, HeaderValue, header};
use std::path::Path;
use tower_http::services::ServeFile;

/// The content security policy of the page: files of its own origin only, no inline code.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The official Socket.IO client, below the site root; the pages of the app use the same file.
const CLIENT: &str = "vendor/socket.io-4.8.4.esm.min.js";

pub fn routes(state: &State) -> Router<State> {
    let client = Path::new(&*state.site.site_root).join(CLIENT);
    let page = include_str!("views/chat-test.html");
    let script = include_str!("views/chat-test.js");
    let style = include_str!("views/chat-test.css");
    let views = Router::new()
        .route("/chat-test.html", get(async || asset("text/html", page)))
        .route(
            "/chat-test.js",
            get(async || asset("text/javascript", script)),
        )
        .route("/chat-test.css", get(async || asset("text/css", style)))
        .route_service("/socket.io.js", ServeFile::new(client));
    Router::new().nest("/views", views)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text)
}
