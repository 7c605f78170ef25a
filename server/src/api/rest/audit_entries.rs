//! Endpoints of the audit log.

use crate::{
    api::prelude::*,
    auth::{NO_BEARER, has_bearer},
};
use axum::{body::Body, response::Response};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use model::{AuditEntry, AuditFilter, ConversationId, UserId};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct AuditQuery {
    /// Who did it.
    actor_id: Option<UserId>,
    /// To whom it was done.
    target_id: Option<UserId>,
    conversation_id: Option<ConversationId>,
    /// The name of an action, or the beginning of names up to a dot: `user` for all that begin with `user.`.
    #[param(max_length = 61)]
    action: Option<String>,
    /// An address, or a network such as `10.0.0.0/8`.
    #[param(max_length = 64)]
    network: Option<String>,
    /// Not before this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    since: Option<OffsetDateTime>,
    /// Before this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    until: Option<OffsetDateTime>,
}

impl From<AuditQuery> for AuditFilter {
    fn from(query: AuditQuery) -> Self {
        Self {
            actor_id: query.actor_id,
            target_id: query.target_id,
            conversation_id: query.conversation_id,
            action: query.action,
            network: query.network,
            since: query.since,
            until: query.until,
        }
    }
}

/// Lists the entries of the audit log, the newest first.
///
/// For administrators. All conditions must hold. `docs/audit-log.md` lists the actions; later versions have more.
#[utoipa::path(get, path = "/audit-entries", tag = "audit", operation_id = "listAuditEntries",
    params(AuditQuery, PageRequest),
    responses((status = 200, body = Page<AuditEntry>), Forbidden))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<AuditEntry>>> {
    Ok(Json(
        chat.audit_entries(&caller, &query.into(), &page).await?,
    ))
}

/// Exports the entries of the audit log, the newest first, as JSON lines.
///
/// For administrators, with a token: a cookie is not enough, since a link on a page of somebody else would do. One entry a
/// line, as in the list, all that match. The log says that they were exported. Where the connection ends before the last
/// line, so does the answer, without its last chunk.
#[utoipa::path(get, path = "/audit-entries/export", tag = "audit", operation_id = "exportAuditEntries",
    params(AuditQuery),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), Forbidden),
    security(("token" = [])))]
pub async fn export(
    State(chat): State<Chat>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<AuditQuery>,
) -> Result<Response> {
    if !has_bearer(&headers) {
        return Err(NO_BEARER.into());
    }
    let filter = AuditFilter::from(query);
    chat.begin_audit_export(&caller, &filter).await?;
    let parts = stream::try_unfold(Some(None), move |next| {
        let (chat, filter) = (chat.clone(), filter.clone());
        async move {
            let Some(cursor) = next else {
                return Ok::<_, chat::Error>(None);
            };
            let page = chat.export_audit_entries(&caller, &filter, cursor).await?;
            let mut lines = Vec::new();
            for entry in &page.items {
                serde_json::to_writer(&mut lines, entry).map_err(chat::Error::internal)?;
                lines.push(b'\n');
            }
            Ok(Some((lines, page.next_cursor.map(Some))))
        }
    });
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/x-ndjson");
    headers.insert(header::CONTENT_TYPE, kind);
    let name = HeaderValue::from_static("attachment; filename=\"audit-log.jsonl\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// Lists what was done with the caller's account in the last 90 days, the newest first.
///
/// Sign-ins and refused ones, and changes of password, address, second factor, sessions and tokens; of what others did
/// without their addresses.
#[utoipa::path(get, path = "/me/activity", tag = "me", operation_id = "listActivity",
    params(PageRequest),
    responses((status = 200, body = Page<AuditEntry>)))]
pub async fn activity(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<AuditEntry>>> {
    Ok(Json(chat.own_activity(&caller, &page).await?))
}
