//! The files of the official Socket.IO client, as official servers serve them beside every path of
//! Engine.IO: `<script src="/socket.io/socket.io.js">`. Pages of any origin may load them.

use crate::State;
use axum::{Router, middleware::map_response, response::Response};
use http::{HeaderName, HeaderValue, header};
use std::path::Path;
use tower_http::services::ServeFile;

/// The folder of the files below the site root, with their version. `bin/setup` copies them there from
/// the package `socket.io-client`, and the build compresses them.
const FOLDER: &str = "vendor/socket.io-client-4.8.4";

/// The file for scripts that are modules: the pages of the app use a copy of it.
pub const MODULE: &str = "socket.io.esm.min.js";

const FILES: [&str; 8] = [
    "socket.io.js",
    "socket.io.js.map",
    "socket.io.min.js",
    "socket.io.min.js.map",
    MODULE,
    "socket.io.esm.min.js.map",
    "socket.io.msgpack.min.js",
    "socket.io.msgpack.min.js.map",
];

/// Set in addition to the global headers. A script of another origin needs the first, a module and a
/// source map the second.
const HEADERS: [(HeaderName, &str); 3] = [
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "cross-origin",
    ),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    // The names have no version: a browser asks each time whether the file has changed.
    (header::CACHE_CONTROL, "public, max-age=0"),
];

/// The files below a path of Engine.IO. Their answers have an `ETag`, and are 304 where it has not
/// changed.
pub fn router(path: &str, state: &State) -> Router<State> {
    let path = path.trim_end_matches('/');
    let routes = FILES.into_iter().fold(Router::new(), |router, name| {
        router.route_service(&format!("{path}/{name}"), file(name, state))
    });
    routes.layer(map_response(add_headers))
}

/// The types that files get by their names, and those that they have. Without a charset, a script would
/// be read in that of the page.
const TYPES: [(&str, &str); 2] = [
    ("text/javascript", "text/javascript; charset=utf-8"),
    // Of source maps.
    ("text/plain", "application/json"),
];

/// The service of one file, in the encoding that the browser prefers.
pub fn file(name: &str, state: &State) -> ServeFile {
    let path = Path::new(&*state.site.site_root).join(FOLDER).join(name);
    ServeFile::new(path).precompressed_br().precompressed_gzip()
}

async fn add_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(kind) = headers.get_mut(header::CONTENT_TYPE)
        && let Some((_, right)) = TYPES.iter().find(|(guessed, _)| *kind == *guessed)
    {
        *kind = HeaderValue::from_static(right);
    }
    response
}
