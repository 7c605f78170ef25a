//! Endpoints of apps and their directories.

use crate::api::prelude::*;
use axum::extract::FromRequestParts;
use http::request::Parts;
use model::{App, AppUser, DirectoryReport, UserRole};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};
use utoipa::{IntoParams, ToSchema};

/// Bytes of the longest directory in a request: 5,000 users of some 800 bytes. A longer body is
/// answered with 413.
pub const DIRECTORY_LIMIT: usize = 4 * 1024 * 1024;

/// An administrator. Anybody else is refused before the body of the request is read.
pub struct Administrator(Caller);

impl FromRequestParts<crate::State> for Administrator {
    type Rejection = crate::problem::ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &crate::State) -> Result<Self> {
        let caller = Caller::from_request_parts(parts, state).await?;
        match caller.role {
            UserRole::Admin => Ok(Self(caller)),
            UserRole::Member => Err(chat::Error::Forbidden("This is for administrators.").into()),
        }
    }
}

/// Lists the apps whose users are users here.
///
/// For administrators.
#[utoipa::path(get, path = "/apps", tag = "apps", operation_id = "listApps",
    responses((status = 200, body = Page<App>), Forbidden))]
pub async fn index(
    State(chat): State<Chat>,
    Administrator(caller): Administrator,
) -> Result<Json<Page<App>>> {
    Ok(single_page(chat.apps(&caller).await?))
}

/// Lists the users of an app, in the order of the app's ids.
///
/// For administrators.
#[utoipa::path(get, path = "/apps/{app}/users", tag = "apps", operation_id = "listAppUsers",
    params(("app" = String, Path, description = "The name of the app"), PageRequest),
    responses((status = 200, body = Page<AppUser>), Forbidden))]
pub async fn users(
    State(chat): State<Chat>,
    Administrator(caller): Administrator,
    Path(app): Path<String>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<AppUser>>> {
    Ok(Json(chat.app_users(&caller, &app, page).await?))
}

/// Users as their app describes them.
#[derive(Deserialize, ToSchema)]
pub struct Directory {
    /// At most 5,000.
    #[schema(value_type = Vec<DirectoryUser>, max_items = 5000)]
    #[serde(deserialize_with = "readable_values")]
    users: Vec<Value>,
}

/// The entries, each read for itself: what cannot be read of one, as text that was cut within a character,
/// costs the others nothing.
fn readable_values<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<Value>, D::Error> {
    let entries: Vec<Box<RawValue>> = Deserialize::deserialize(deserializer)?;
    Ok(entries.iter().map(|it| chat::readable_value(it)).collect())
}

/// A user as an app describes them. A field that is absent, null or empty says nothing: the user keeps
/// what they have. Other fields are ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the entries of `Directory`, which the verb reads"
)]
struct DirectoryUser {
    /// The id that the app has for the user, as text or as a whole number.
    #[schema(value_type = DirectoryUserId)]
    id: Value,
    /// At most 80 characters.
    name: Option<String>,
    /// Becomes the username here, without the characters that usernames do not have, if nobody else
    /// has it.
    username: Option<String>,
    /// Left out where somebody else has it.
    email: Option<String>,
    /// Address of a picture, which begins with `https://`.
    avatar_url: Option<String>,
    /// Another name for `avatarUrl`.
    picture: Option<String>,
    /// `admin` or `member`.
    role: Option<String>,
    /// False for somebody who is gone from the app; true if absent.
    active: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "describes the ids of `DirectoryUser`, which the verb reads"
)]
enum DirectoryUserId {
    Text(String),
    Number(i64),
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", default)]
pub struct DirectoryQuery {
    /// Reports what would happen, and changes nothing.
    dry_run: bool,
}

/// Creates and changes users of an app, and ends those who are not active.
///
/// For administrators. The same request again changes nothing. A rejected entry costs the others nothing.
#[utoipa::path(put, path = "/apps/{app}/users", tag = "apps", operation_id = "updateAppUsers",
    params(("app" = String, Path, description = "The name of the app"), DirectoryQuery),
    request_body = Directory,
    responses((status = 200, body = DirectoryReport)))]
pub async fn update_users(
    State(chat): State<Chat>,
    Administrator(caller): Administrator,
    Path(app): Path<String>,
    Query(query): Query<DirectoryQuery>,
    Json(directory): Json<Directory>,
) -> Result<Json<DirectoryReport>> {
    let update = chat.update_app_users(&caller, &app, &directory.users, query.dry_run);
    Ok(Json(update.await?))
}

/// Ends a user who is gone from the app.
///
/// For administrators. Their tokens are refused, their sockets are disconnected, and lists of users leave them out. Their
/// messages stay. An update of the directory brings them back.
#[utoipa::path(delete, path = "/apps/{app}/users/{id}", tag = "apps", operation_id = "endAppUser",
    params(("app" = String, Path, description = "The name of the app"),
        ("id" = String, Path, description = "The id that the app has for the user")),
    responses((status = 204), Conflict))]
pub async fn end_user(
    State(chat): State<Chat>,
    Administrator(caller): Administrator,
    Path((app, id)): Path<(String, String)>,
) -> Result<StatusCode> {
    chat.end_app_user(&caller, &app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
