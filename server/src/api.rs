//! The public API, version 1: the table of its routes.

mod asyncapi;
pub mod input;
mod openapi;
mod prelude;
mod refusals;
mod rest;
pub mod socket;
pub mod tus;

use crate::{
    State,
    documents::endpoint::serve,
    layers::{keep_uncompressed, limit_requests},
    metered_body::MAX_STRANGER_BODY,
    problem::ApiError,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::any,
};
use chat::Error;
use http::{HeaderValue, StatusCode, header};
use model::ErrorCode;
use rest::{
    accounts, announcements, api_tokens, apps, audit_entries, auth, bots, conversations, drafts,
    emails, favorites, files, forwards, identities, invitations, link_previews, me, members,
    messages, mutes, personal_changes, personal_data, pictures, pins, polls, reactions, receipts,
    reminders, scheduled_messages, search, sync, threads, two_factor, uploads, users, webhooks,
};
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

/// Bytes of a request body: enough for the longest message with its metadata.
const BODY_LIMIT: usize = 256 * 1024;

/// The routes, and the document that their annotations make.
fn documented() -> (Router<State>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::Document::openapi())
        .nest("/api/v1", routes())
        .split_for_parts();
    openapi::complete(&mut document);
    (router, document)
}

pub fn router(state: &State) -> Router<State> {
    let (router, document) = documented();
    let events = serve(&asyncapi::document(&document));
    router
        .route("/api/v1/asyncapi.json", events)
        .method_not_allowed_fallback(wrong_method)
        .merge(openapi::pages(document))
        .route("/api/v1/", any(unknown_path))
        .nest("/api/v1", Router::new().fallback(unknown_path))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(do_not_store))
        .layer(from_fn_with_state(state.clone(), limit_requests))
}

async fn unknown_path() -> ApiError {
    Error::NotFound("address").into()
}

async fn wrong_method() -> ApiError {
    ApiError::http(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Invalid,
        "This address does not take this method.",
    )
}

/// Forbids caches to keep a response: it is for one user, and may change at any time.
async fn do_not_store(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(value);
    response
}

/// The limit of a body whose sender is not known. Others are read after the caller is.
fn of_stranger() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_STRANGER_BODY)
}

/// The limit of a body that is a picture.
fn of_picture() -> DefaultBodyLimit {
    DefaultBodyLimit::max(pictures::BODY_LIMIT)
}

/// The routes below `/api/v1`, with their `OpenAPI` documents.
fn routes() -> OpenApiRouter<State> {
    routes_of_users().merge(routes_of_conversations())
}

fn routes_of_users() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(
            routes!(auth::register)
                .layer(of_stranger())
                .layer(map_response(keep_uncompressed)),
        )
        .routes(
            routes!(auth::login)
                .layer(of_stranger())
                .layer(map_response(keep_uncompressed)),
        )
        .routes(
            routes!(auth::login_with_code)
                .layer(of_stranger())
                .layer(map_response(keep_uncompressed)),
        )
        .routes(
            routes!(auth::refresh)
                .layer(of_stranger())
                .layer(map_response(keep_uncompressed)),
        )
        .routes(
            routes!(auth::reset_password)
                .layer(of_stranger())
                .layer(map_response(keep_uncompressed)),
        )
        .routes(routes!(auth::request_password_reset).layer(of_stranger()))
        .routes(routes!(auth::confirm_email).layer(of_stranger()))
        .routes(routes!(auth::logout))
        .routes(routes!(me::show, me::update))
        .routes(routes!(pictures::set, pictures::remove).layer(of_picture()))
        .routes(routes!(emails::show, emails::update))
        .routes(routes!(emails::send_verification))
        .routes(routes!(emails::set_sign_in_notes))
        .routes(routes!(me::change_password))
        .routes(routes!(two_factor::show, two_factor::begin).layer(map_response(keep_uncompressed)))
        .routes(routes!(two_factor::enable).layer(map_response(keep_uncompressed)))
        .routes(routes!(two_factor::disable))
        .routes(routes!(two_factor::renew_codes).layer(map_response(keep_uncompressed)))
        .routes(routes!(two_factor::list_devices))
        .routes(routes!(two_factor::forget_device))
        .routes(routes!(personal_data::export))
        .routes(routes!(personal_data::delete_own))
        .routes(routes!(me::link))
        .routes(
            routes!(me::sessions, me::revoke_other_sessions).layer(map_response(keep_uncompressed)),
        )
        .routes(routes!(me::revoke_session))
        .routes(routes!(identities::index))
        .routes(routes!(identities::unlink))
        .routes(
            routes!(api_tokens::index, api_tokens::create).layer(map_response(keep_uncompressed)),
        )
        .routes(routes!(api_tokens::delete))
        .routes(routes!(audit_entries::activity))
        .routes(routes!(audit_entries::index))
        .routes(routes!(audit_entries::export))
        .routes(routes!(users::index))
        .routes(routes!(users::show))
        .routes(routes!(users::conversations))
        .routes(routes!(users::show_by_app))
        .routes(routes!(users::block, users::unblock))
        .routes(routes!(pictures::set_of, pictures::remove_of).layer(of_picture()))
        .routes(routes!(accounts::index, accounts::create).layer(map_response(keep_uncompressed)))
        .routes(routes!(personal_data::delete))
        .routes(routes!(personal_data::show))
        .routes(routes!(accounts::set_role))
        .routes(routes!(accounts::end_sessions))
        .routes(routes!(accounts::reset_two_factor))
        .routes(routes!(accounts::create_password_reset).layer(map_response(keep_uncompressed)))
        .routes(
            routes!(invitations::index, invitations::create).layer(map_response(keep_uncompressed)),
        )
        .routes(routes!(invitations::revoke))
        .routes(routes!(invitations::join))
        .routes(routes!(bots::index, bots::create))
        .routes(routes!(bots::tokens, bots::create_token).layer(map_response(keep_uncompressed)))
        .routes(routes!(bots::delete_token))
        .routes(routes!(apps::index))
        .routes(
            routes!(apps::users, apps::update_users)
                .layer(DefaultBodyLimit::max(apps::DIRECTORY_LIMIT)),
        )
        .routes(routes!(apps::end_user))
}

fn routes_of_conversations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(announcements::index, announcements::create))
        .routes(routes!(conversations::index, conversations::create))
        .routes(routes!(
            conversations::show,
            conversations::update,
            conversations::delete
        ))
        .routes(
            routes!(
                pictures::set_of_conversation,
                pictures::remove_of_conversation
            )
            .layer(of_picture()),
        )
        .routes(routes!(conversations::join))
        .routes(routes!(conversations::leave))
        .routes(routes!(conversations::leave_many))
        .routes(routes!(members::index, members::create))
        .routes(routes!(members::update, members::delete))
        .routes(routes!(messages::index, messages::create))
        .routes(routes!(messages::render))
        .routes(routes!(messages::show, messages::update, messages::delete))
        .routes(routes!(messages::edits))
        .routes(routes!(uploads::create))
        .routes(routes!(uploads::show, uploads::append, uploads::delete))
        .routes(routes!(files::index))
        .routes(routes!(forwards::create))
        .routes(routes!(forwards::origins))
        .routes(routes!(pins::index))
        .routes(routes!(pins::put, pins::delete))
        .routes(routes!(pins::saved))
        .routes(routes!(webhooks::index, webhooks::create).layer(map_response(keep_uncompressed)))
        .routes(routes!(webhooks::delete))
        .routes(routes!(drafts::index))
        .routes(routes!(drafts::put))
        .routes(routes!(personal_changes::index))
        .routes(routes!(link_previews::delete))
        .routes(routes!(link_previews::show, link_previews::update))
        .routes(routes!(mutes::index))
        .routes(routes!(mutes::put, mutes::delete))
        .routes(routes!(reminders::index))
        .routes(routes!(reminders::put, reminders::delete))
        .routes(routes!(scheduled_messages::create))
        .routes(routes!(scheduled_messages::index))
        .routes(routes!(
            scheduled_messages::update,
            scheduled_messages::delete
        ))
        .routes(routes!(scheduled_messages::send))
        .routes(routes!(favorites::index, favorites::order))
        .routes(routes!(favorites::put, favorites::delete))
        .routes(routes!(pins::save, pins::unsave))
        .routes(routes!(search::index))
        .routes(routes!(search::find))
        .routes(routes!(reactions::put, reactions::delete))
        .routes(routes!(polls::put, polls::delete))
        .routes(routes!(polls::close))
        .routes(routes!(polls::voters))
        .routes(routes!(polls::own))
        .routes(routes!(receipts::read))
        .routes(routes!(receipts::mark_unread))
        .routes(routes!(receipts::delivered))
        .routes(routes!(receipts::of_message))
        .routes(routes!(receipts::unread))
        .routes(routes!(threads::show))
        .routes(routes!(threads::messages))
        .routes(routes!(threads::read))
        .routes(routes!(threads::follow, threads::unfollow))
        .routes(routes!(threads::followers))
        .routes(routes!(threads::followed))
        .routes(routes!(sync::changes))
        .routes(routes!(sync::sync))
}

#[cfg(test)]
mod tests {
    use super::documented;
    use crate::token_scopes;
    use http::Method;
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_says_what_tokens_need_and_no_other_does() {
        let (_, document) = documented();
        let document = json!(document);
        let paths = document["paths"].as_object().unwrap();
        let mut operations = BTreeSet::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                if let Ok(method) = method.to_uppercase().parse::<Method>()
                    && operation.get("responses").is_some()
                {
                    let needs = token_scopes::of_route(&method, path);
                    assert!(needs.is_some(), "{method} {path} is not in ROUTES");
                    operations.insert((method.to_string(), path.clone()));
                }
            }
        }
        for (method, path, _) in token_scopes::routes() {
            let is_of_files = path.starts_with("/uploads/");
            let is_documented = operations.contains(&((*method).to_owned(), (*path).to_owned()));
            assert!(is_of_files || is_documented, "{method} {path}");
        }
    }
}
