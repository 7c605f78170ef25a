//! The contract's page for manual tests: `/views/chat-test.html`, with its script and style.

use crate::{State, client_files};
use axum::{Router, response::IntoResponse, routing::get};
use http::{HeaderName, HeaderValue, header};

/// The content security policy of the page: files of its own origin only, no inline code.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn routes(state: &State) -> Router<State> {
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
        .route_service(
            "/socket.io.js",
            client_files::file(client_files::MODULE, state),
        );
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
