//! The pages: rendered by `app`, with its server functions and the site's files beside them.

use crate::{State, auth, client, problem::ApiError, rate_limit::limit_requests, site};
use any_spawner::Executor;
use app::{
    context::RequestContext,
    pages::{self, Resolved},
};
use axum::{
    Router,
    extract::{self, Request},
    handler::Handler,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, get, on},
};
use chat::Error;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header, request::Parts};
use leptos::{prelude::provide_context, server_fn::axum::server_fn_paths};
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer};

/// A form with a long message in it.
const BODY_LIMIT: usize = 256 * 1024;

/// The addresses of the pages. What else is asked for is a file, or leads nowhere.
const PATHS: [&str; 6] = ["/", "/c/{id}", "/new", "/settings", "/sign-in", "/register"];

pub fn router(state: &State) -> Router<State> {
    // Where the parts of a page do their work. It is refused the second time: a test has many servers.
    let _ = Executor::init_tokio();
    PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(page)))
        .fallback_service(site::files(&state.site, page.with_state(state.clone())))
        .layer(from_fn_with_state(state.clone(), keep_files))
        .merge(server_functions(state))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        // Files are compressed beforehand, and an answer to a program is short.
        .layer(CompressionLayer::new().compress_when(is_html))
}

/// What the pages' scripts and forms call.
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
    let context = context(&state, &visitor(&state, &parts).await?);
    let request = Request::from_parts(parts, body);
    let answer = leptos_axum::handle_server_fns_with_context(context, request).await;
    Ok(uncached(answer.into_response()))
}

async fn page(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let visitor = visitor(&state, &parts).await?;
    let page = match pages::resolve(&state.chat, &visitor, &parts).await {
        Resolved::Page(page) => page,
        Resolved::Redirect(path) => {
            return Ok(uncached(
                (StatusCode::FOUND, [(header::LOCATION, path)]).into_response(),
            ));
        }
    };
    let status = page.status();
    let site = state.site.clone();
    let render = leptos_axum::render_app_async_with_context(context(&state, &visitor), move || {
        app::shell(site.clone(), page.clone())
    });
    let mut response = render(Request::from_parts(parts, body))
        .await
        .into_response();
    *response.status_mut() = status;
    Ok(uncached(response))
}

/// Puts into reach of pages and server functions what they ask `app::context` for.
fn context(state: &State, visitor: &RequestContext) -> impl Fn() + Clone + Send + Sync + 'static {
    let (chat, visitor) = (state.chat.clone(), visitor.clone());
    move || {
        provide_context(chat.clone());
        provide_context(visitor.clone());
    }
}

async fn visitor(state: &State, parts: &Parts) -> Result<RequestContext, ApiError> {
    let caller = match auth::cookie(&parts.headers) {
        None => None,
        Some(secret) => match state.chat.authenticate_cookie(secret).await {
            Ok(caller) => Some(caller),
            Err(Error::Unauthenticated(_)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    Ok(RequestContext {
        caller,
        client: client::of(parts, &state.config),
        secure: client::is_secure(parts, &state.config),
    })
}

/// A page is one person's, and true for a moment only.
fn uncached(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

async fn keep_files(
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
