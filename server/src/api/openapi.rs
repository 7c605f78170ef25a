//! The `OpenAPI` document of the public API, generated from its handlers.

use super::refusals::{add_refusals, operations};
use crate::{
    State, auth,
    token_scopes::{self, Needs},
};
use axum::{Router, middleware::map_response};
use http::{HeaderValue, Method, header};
use model::Problem;
use utoipa::{
    OpenApi,
    openapi::{
        Ref, RefOr, Schema,
        path::{Operation, PathItem},
        schema::ArrayBuilder,
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Parlance",
        description = "A team chat. Ids are strings of digits, times are RFC 3339 in UTC, \
            lists are pages, errors are RFC 9457 problems. What the caller may not see is \
            `not_found`. `/api/v1/asyncapi.json` describes the events over Socket.IO.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "auth", description = "Registering, signing in and out"),
        (name = "me", description = "The caller's own account and sessions"),
        (name = "users", description = "Finding users; blocking them, for administrators"),
        (name = "accounts", description = "Making accounts, roles and new passwords, for administrators"),
        (name = "audit", description = "What was done, by whom and from where, for administrators"),
        (name = "bots", description = "Users that are programs, for administrators"),
        (name = "invitations", description = "Links with which people make accounts and join conversations"),
        (name = "apps", description = "Apps and the directories of their users, for administrators"),
        (name = "announcements", description = "Messages of administrators to everybody"),
        (name = "conversations", description = "Direct conversations, groups and channels"),
        (name = "members", description = "The members of a conversation"),
        (name = "webhooks", description = "Addresses with which other programs send into a conversation"),
        (name = "messages", description = "Sending, reading, editing, deleting and finding messages"),
        (name = "uploads", description = "Files for messages, by tus 1.0.0"),
        (name = "threads", description = "Replies to one message, and the threads that the caller follows"),
        (name = "reactions", description = "Reactions to messages"),
        (name = "polls", description = "Votes in polls; a poll is sent with its message"),
        (name = "receipts", description = "What has been delivered and read"),
        (name = "sync", description = "What has changed since a client was last there")
    ),
    components(schemas(Problem)),
    modifiers(&Security),
    security(("token" = []), ("session" = []))
)]
pub struct Document;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "token",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .description(Some(
                        "`accessToken` of `POST /auth/login`, or a token for programs (`POST /me/tokens`)",
                    ))
                    .build(),
            ),
        );
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                auth::SESSION_COOKIE,
                "The cookie of a browser that is signed in. Only for pages of allowed origins. A server \
                adds an underscore and eight digits of its own to the name, and takes it without them, too.",
            ))),
        );
    }
}

/// Adds what the annotations of the handlers leave out because it follows from them.
pub fn complete(document: &mut utoipa::openapi::OpenApi) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            complete_operation(operation);
        }
    }
    for (path, item) in &mut document.paths.paths {
        add_scopes(path, item);
    }
    add_refusals(document);
    if let Some(components) = &mut document.components {
        for (name, schema) in &mut components.schemas {
            if let Some(item) = name.strip_prefix("Page_") {
                refer_to_item(schema, item);
            }
        }
    }
}

/// Adds the scope that a token for programs needs to each operation of a path, in words and as `x-token-scope`, where
/// `none` is an operation that takes no such token.
fn add_scopes(path: &str, item: &mut PathItem) {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    for (method, operation) in operations {
        let Some(operation) = operation else { continue };
        let (value, words) = match token_scopes::of_route(&method, path) {
            Some(Needs::Token(scope, _)) => {
                let words = format!("Tokens for programs need the scope `{scope}`.");
                (scope.name(), words)
            }
            Some(Needs::Person) | None => ("none", "Takes no token for programs.".to_owned()),
            Some(Needs::Nobody) => continue,
        };
        let described = operation.description.get_or_insert_default();
        if !described.is_empty() {
            described.push_str("\n\n");
        }
        described.push_str(&words);
        let extensions = operation.extensions.get_or_insert_default();
        extensions.insert("x-token-scope".to_owned(), value.into());
    }
}

/// Lets the schema of a page refer to that of its items, which utoipa copies into it: generated clients
/// have one type for a message, wherever it comes from.
fn refer_to_item(page: &mut RefOr<Schema>, item: &str) {
    if let RefOr::T(Schema::Object(page)) = page {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(item));
        page.properties.insert("items".to_owned(), items.into());
    }
}

fn complete_operation(operation: &mut Operation) {
    // `security(())` makes one empty requirement, which generated clients take for a requirement.
    if let Some(security) = &mut operation.security {
        security.retain(|it| *it != SecurityRequirement::default());
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let description = match status.as_str() {
                "201" => "Created",
                _ => "Done",
            };
            description.clone_into(&mut response.description);
        }
    }
}

const DOCS: &str = "/api/v1/docs";

/// The Content-Security-Policy of Swagger UI: its own scripts, and the inline styles that they set.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The document as JSON, and Swagger UI.
pub fn pages(document: utoipa::openapi::OpenApi) -> Router<State> {
    let docs = SwaggerUi::new(DOCS)
        .url("/api/v1/openapi.json", document)
        // By default Swagger UI sends the document's address to a validator on another server.
        .config(Config::default().validator_url("none"));
    Router::from(docs).layer(map_response(
        async |mut response: axum::response::Response| {
            let policy = HeaderValue::from_static(DOCS_POLICY);
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        },
    ))
}
