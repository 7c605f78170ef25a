//! Endpoint of a conversation's files.

use crate::api::prelude::*;
use model::{ConversationId, FileFilter, SharedFile};

/// Lists the files of a conversation, the newest first.
///
/// With `search`, those whose name contains it; with `kind`, those of it. For the members, who are those that get
/// the files. A link that a message has is no file.
#[utoipa::path(get, path = "/conversations/{id}/files", tag = "uploads", operation_id = "listFiles",
    params(("id" = ConversationId, Path), FileFilter, PageRequest),
    responses((status = 200, body = Page<SharedFile>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Query(filter): Query<FileFilter>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<SharedFile>>> {
    Ok(Json(chat.files(&caller, id, &filter, page).await?))
}
