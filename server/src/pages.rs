//! The routes of the pages, which `app` renders, of its server functions, and of the site's files.

use crate::{
    State, auth, client,
    layers::{keep_uncompressed, limit_requests},
    problem::ApiError,
    site, unread_form,
};
use any_spawner::Executor;
use app::{
    pages::{self, Page, Resolved},
    refuse_form::remove_form_cookie,
    refused_form::{FORM_COOKIE, LongForm, RefusedForm},
    request_context::{RequestContext, percent_encode, session_cookie},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{self, Request},
    handler::Handler,
    middleware::{Next, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::{MethodFilter, get, on},
};
use chat::{Error, Origin};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use leptos::{config::LeptosOptions, prelude::provide_context, server_fn::axum::server_fn_paths};
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

/// Bytes of a request body: enough for a form with the longest message.
const BODY_LIMIT: usize = unread_form::BODY_LIMIT;

/// The paths of the pages. Any other path is a file of the site, or not found.
const PATHS: [&str; 21] = [
    "/administration/audit",
    "/",
    "/c/{id}",
    "/c/{id}/m/{message}",
    "/c/{id}/t/{root}",
    "/new",
    "/saved",
    "/later",
    "/threads",
    "/settings",
    "/settings/groups",
    "/settings/password",
    "/settings/single-sign-on",
    "/settings/email",
    "/settings/data",
    "/settings/data/delete",
    "/sign-in",
    "/sign-in/code",
    "/register",
    "/forgotten-password",
    "/confirm-email",
];

/// Pages that may have a secret link, which are never compressed: their length would tell it (BREACH).
const SECRET_PATHS: [&str; 9] = [
    "/settings/tokens",
    "/settings/two-factor",
    "/administration/people",
    "/administration/invites",
    "/administration/bots",
    "/webhooks/{id}",
    "/invite/{token}",
    "/reset/{token}",
    "/confirm-email/{token}",
];

pub fn router(state: &State) -> Router<State> {
    // The executor of Leptos' tasks. It can be set once per process; a test starts many servers.
    let _ = Executor::init_tokio();
    PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(page)))
        .merge(secret_pages())
        .fallback_service(site::files(&state.site, page.with_state(state.clone())))
        .layer(from_fn_with_state(state.clone(), set_cache_control))
        .merge(server_functions(state))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
}

fn secret_pages() -> Router<State> {
    SECRET_PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(page)))
        .layer(map_response(keep_uncompressed))
        .layer(map_response(keep_address))
}

/// Browsers name the address of a page with a secret to nobody, this server included. With `no-referrer`, its form
/// would send `Origin: null`.
async fn keep_address(mut response: Response) -> Response {
    let value = HeaderValue::from_static("strict-origin");
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, value);
    response
}

/// The routes of the server functions, which scripts and forms of the pages call.
fn server_functions(state: &State) -> Router<State> {
    server_fn_paths()
        .filter_map(|(path, method)| Some((path, MethodFilter::try_from(method).ok()?)))
        .fold(Router::new(), |router, (path, method)| {
            router.route(path, on(method, server_function))
        })
        .layer(from_fn_with_state(state.clone(), limit_requests))
        .layer(from_fn_with_state(state.clone(), answer_with_page))
}

/// Shows a form that a browser has submitted by itself on its page, where it is refused before its server function
/// runs. Other errors lead to that page already.
async fn answer_with_page(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if !unread_form::is_plain(request.headers()) {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let body = unread_form::read(body).await?;
    let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let answer = next.run(request).await;
    if !unread_form::is_unread(&answer) {
        return Ok(answer);
    }
    let retry_after = answer.headers().get(header::RETRY_AFTER).cloned();
    let request = request_context(&state, &parts).await?;
    let caller = request.anybody();
    let form = unread_form::of(&parts, &body, caller.as_ref(), answer.status());
    let mut page = match form {
        Ok(form) => refused_page(&state, request, parts, form).await?,
        Err(problem) => {
            let page = Page::LoadFailed(problem, None);
            let request_of = Request::from_parts(parts, Body::empty());
            render_page(&state, &request, request_of, page).await?
        }
    };
    if let Some(seconds) = retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(page)
}

async fn server_function(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let request = request_context(&state, &parts).await?;
    let (context, long_form) = (context(&state, &request), LongForm::default());
    let form = long_form.clone();
    let context = move || {
        context();
        provide_context(form.clone());
    };
    let head = parts.clone();
    let answer =
        leptos_axum::handle_server_fns_with_context(context, Request::from_parts(parts, body));
    let mut answer = answer.await.into_response();
    if let Some(form) = long_form.take() {
        return refused_page(&state, request, head, form).await;
    }
    drop_error_query(answer.headers_mut());
    Ok(uncached(answer))
}

/// The page of a form that was refused, with what was filled in.
async fn refused_page(
    state: &State,
    mut request: RequestContext,
    mut parts: Parts,
    form: RefusedForm,
) -> Result<Response, ApiError> {
    let status = StatusCode::from_u16(form.problem().status);
    // Whoever has to sign in finds their words on the page where they do.
    let path = match (form.path(), request.anybody()) {
        (path @ ("/sign-in" | "/sign-in/code" | "/register" | "/forgotten-password"), _)
        | (path, Some(_)) => path.to_owned(),
        (path, None) if is_link(path) => path.to_owned(),
        (path, None) => format!("/sign-in?next={}", percent_encode(path)),
    };
    parts.uri = Uri::try_from(path).map_err(Error::internal)?;
    parts.method = Method::GET;
    request.refused = Some(form);
    let mut response = render(state, &request, Request::from_parts(parts, Body::empty())).await?;
    if let (Ok(status), StatusCode::OK) = (status, response.status()) {
        *response.status_mut() = status;
    }
    Ok(response)
}

/// Whether it is the page of a link with a secret, for which nobody has to sign in.
fn is_link(path: &str) -> bool {
    let links = ["/invite/", "/reset/", "/confirm-email/"];
    links.iter().any(|it| path.starts_with(it))
}

/// Removes the error that Leptos adds to the address of the page of a form which it could not read.
fn drop_error_query(headers: &mut HeaderMap) {
    let location = headers
        .get(header::LOCATION)
        .and_then(|it| it.to_str().ok());
    let path = location.and_then(|it| it.contains("__err=").then(|| it.split('?').next())?);
    if let Some(Ok(path)) = path.map(HeaderValue::from_str) {
        headers.insert(header::LOCATION, path);
    }
}

async fn page(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (mut request, renewed) = renewed_context(&state, &parts).await?;
    if let Some(cookie) = auth::cookie(&parts.headers, FORM_COOKIE) {
        let (path, caller) = (parts.uri.path(), request.anybody());
        request.refused = RefusedForm::from_cookie(&state.chat, &cookie, path, caller.as_ref());
    }
    let mut response = render(&state, &request, Request::from_parts(parts, body)).await?;
    if let Some(cookie) = renewed {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn render(
    state: &State,
    context_of: &RequestContext,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let page = match pages::resolve(&state.chat, context_of, &parts).await {
        Resolved::Page(page) => page,
        Resolved::Redirect(path) => {
            return Ok(uncached(
                (StatusCode::FOUND, [(header::LOCATION, path)]).into_response(),
            ));
        }
    };
    render_page(state, context_of, Request::from_parts(parts, body), page).await
}

async fn render_page(
    state: &State,
    context_of: &RequestContext,
    request: Request,
    page: Page,
) -> Result<Response, ApiError> {
    let (status, retry_after) = (page.status(), page.retry_after());
    let site = Arc::clone(&state.site);
    let is_shown = context_of.refused.is_some();
    let shell = move || {
        if is_shown {
            remove_form_cookie();
        }
        app::shell(LeptosOptions::clone(&site), page.clone())
    };
    let render = leptos_axum::render_app_async_with_context(context(state, context_of), shell);
    let response = render(request).await.into_response();
    let mut response = record_outline(response).await?;
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(uncached(response))
}

/// The page with the number of its elements, by which the browser sees whether it is as it was sent.
async fn record_outline(response: Response) -> Result<Response, ApiError> {
    let (head, body) = response.into_parts();
    // The page is in memory already: its length is bounded by what a page shows.
    let html = to_bytes(body, usize::MAX).await.map_err(Error::internal)?;
    let html = app::outline::record_outline(&String::from_utf8_lossy(&html));
    Ok(Response::from_parts(head, Body::from(html)))
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
    Ok(renewed_context(state, parts).await?.0)
}

/// The context of a request, and the session cookie to set anew, so that the browser keeps it as long as
/// the session is used.
async fn renewed_context(
    state: &State,
    parts: &Parts,
) -> Result<(RequestContext, Option<HeaderValue>), ApiError> {
    let cookie = auth::new_session_cookie(&state.chat, &state.proxies.envelope_of_parts(parts));
    let session = auth::cookie_session(&state.chat, &parts.headers).await?;
    let renewed = session.as_ref().and_then(|(_, session)| {
        let cookie = session_cookie(session, &cookie).to_string();
        HeaderValue::try_from(cookie).ok()
    });
    let pending = session.map(|(caller, _)| caller);
    let in_setup = pending.filter(|it| it.owes_two_factor());
    let client = client::from_parts(parts, &state.proxies);
    let origin = Origin {
        address: client.address,
        door: None,
        ..Origin::default()
    };
    let context = RequestContext {
        // Who owes a second factor is nobody's caller.
        caller: pending
            .and_then(|it| it.ready().ok())
            .map(|it| it.from(origin)),
        in_setup: in_setup.map(|it| it.for_setup().from(origin)),
        client,
        session_cookie: cookie,
        refused: None,
    };
    Ok((context, renewed))
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
