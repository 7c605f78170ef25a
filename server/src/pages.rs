//! The routes of the pages, which `app` renders, of its server functions, and of the site's files.

use crate::{
    State, auth, client, layers::limit_requests, metered_body::MAX_STRANGER_BODY,
    problem::ApiError, site,
};
use any_spawner::Executor;
use app::{
    pages::{self, Resolved},
    request_context::RequestContext,
};
use axum::{
    Router,
    body::Body,
    extract::{self, Request},
    handler::Handler,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, get, on},
};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header, request::Parts};
use http_body::Body as _;
use http_body_util::Limited;
use leptos::{prelude::provide_context, server_fn::axum::server_fn_paths};
use model::ErrorCode;
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer};

/// Bytes of a request body: enough for a form with the longest message.
const BODY_LIMIT: usize = 256 * 1024;

/// The paths of the pages. Any other path is a file of the site, or not found.
const PATHS: [&str; 6] = ["/", "/c/{id}", "/new", "/settings", "/sign-in", "/register"];

pub fn router(state: &State) -> Router<State> {
    // The executor of Leptos' tasks. It can be set once per process; a test starts many servers.
    let _ = Executor::init_tokio();
    PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(page)))
        .fallback_service(site::files(&state.site, page.with_state(state.clone())))
        .layer(from_fn_with_state(state.clone(), set_cache_control))
        .merge(server_functions(state))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        // Files are compressed when they are built, and responses to programs are short.
        .layer(CompressionLayer::new().compress_when(is_html))
}

/// The routes of the server functions, which scripts and forms of the pages call.
fn server_functions(state: &State) -> Router<State> {
    server_fn_paths()
        .filter_map(|(path, method)| Some((path, MethodFilter::try_from(method).ok()?)))
        .fold(Router::new(), |router, (path, method)| {
            router.route(path, on(method, server_function))
        })
        .layer(from_fn_with_state(state.clone(), limit_requests))
}

async fn server_function(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let request = request_context(&state, &parts).await?;
    let context = context(&state, &request);
    let body = match request.caller {
        Some(_) => body,
        None if body.size_hint().lower() > MAX_STRANGER_BODY as u64 => {
            return Err(ApiError::http(
                StatusCode::PAYLOAD_TOO_LARGE,
                ErrorCode::Invalid,
                "This is too long for somebody who is not signed in.",
            ));
        }
        None => Body::new(Limited::new(body, MAX_STRANGER_BODY)),
    };
    let request = Request::from_parts(parts, body);
    let answer = leptos_axum::handle_server_fns_with_context(context, request).await;
    Ok(uncached(answer.into_response()))
}

async fn page(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let request = request_context(&state, &parts).await?;
    let page = match pages::resolve(&state.chat, &request, &parts).await {
        Resolved::Page(page) => page,
        Resolved::Redirect(path) => {
            return Ok(uncached(
                (StatusCode::FOUND, [(header::LOCATION, path)]).into_response(),
            ));
        }
    };
    let status = page.status();
    let site = state.site.clone();
    let render = leptos_axum::render_app_async_with_context(context(&state, &request), move || {
        app::shell(site.clone(), page.clone())
    });
    let mut response = render(Request::from_parts(parts, body))
        .await
        .into_response();
    *response.status_mut() = status;
    Ok(uncached(response))
}

/// Provides the Leptos contexts that `app::request_context` reads in pages and server functions.
fn context(state: &State, request: &RequestContext) -> impl Fn() + Clone + Send + Sync + 'static {
    let (chat, request) = (state.chat.clone(), request.clone());
    move || {
        provide_context(chat.clone());
        provide_context(request.clone());
    }
}

async fn request_context(state: &State, parts: &Parts) -> Result<RequestContext, ApiError> {
    let envelope = state.proxies.envelope_of_parts(parts);
    Ok(RequestContext {
        caller: auth::cookie_caller(&state.chat, &parts.headers).await?,
        client: client::from_parts(parts, &state.proxies),
        session_cookie: auth::new_session_cookie(&state.chat, &envelope),
    })
}

/// Forbids caches to keep a response: it is for one user, and may change at any time.
fn uncached(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// Sets how long browsers may keep a file, where the response does not say.
async fn set_cache_control(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let value = site::cache_control(&state.site, request.uri().path());
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(value);
    response
}

fn is_html(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
