//! The `OpenAPI` document of the public API, generated from its handlers.

use crate::State;
use axum::{Router, middleware::map_response};
use http::{HeaderValue, header};
use model::Problem;
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, OpenApi,
    openapi::{
        Content, Ref, RefOr, Response,
        response::ResponseBuilder,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Parlance",
        description = "A team chat. Ids are strings of digits, times are RFC 3339 in UTC, \
            lists are pages, errors are RFC 9457 problems. What the caller may not see is \
            `not_found`."
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
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(
                app::request_context::SESSION_COOKIE,
            ))),
        );
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

/// The error responses that every endpoint may give.
pub struct Problems;

const PROBLEMS: [(&str, &str); 12] = [
    ("400", "The body is not JSON"),
    ("401", "Not signed in"),
    ("403", "Not allowed"),
    ("404", "Does not exist, or not for the caller"),
    ("405", "Not with this method"),
    ("409", "Conflicts with what is there"),
    ("413", "The body is too large"),
    ("415", "The body is not of type application/json"),
    ("422", "Invalid input"),
    (
        "429",
        "Too many requests; try again after `Retry-After` seconds",
    ),
    ("500", "Failed, and written down"),
    ("503", "Unavailable; try again after `Retry-After` seconds"),
];

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        PROBLEMS
            .into_iter()
            .map(|(status, description)| {
                let content = Content::new(Some(Ref::from_schema_name("Problem")));
                let response = ResponseBuilder::new()
                    .description(description)
                    .content("application/problem+json", content)
                    .build();
                (status.to_owned(), response.into())
            })
            .collect()
    }
}
