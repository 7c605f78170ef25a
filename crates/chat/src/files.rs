//! Files: the uploads that the messages of a conversation have, in one list.

use crate::{Caller, Chat, Result, page, uploads::kind_text};
use model::{ConversationId, FileFilter, Page, PageRequest, SharedFile};
use sqlx::types::Json;

impl Chat {
    /// The files of a conversation, the newest first, by part of their name and by kind. For its members only, who are
    /// those that get the files.
    pub async fn files(
        &self,
        caller: &Caller,
        id: ConversationId,
        filter: &FileFilter,
        page: PageRequest,
    ) -> Result<Page<SharedFile>> {
        let search = page::query("search", filter.search.as_deref())?;
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        self.require_member(caller, id).await?;
        let files = sqlx::query!(
            r#"select a.id, shared_file_json(a) as "json!: Json<SharedFile>"
            from attachments a join uploads u on u.id = a.upload_id
            where a.conversation_id = $1 and a.id < $2 and ($3::text is null or u.kind = $3)
                and ($4 = '' or fold_name(a.name) like name_pattern($4))
            order by a.id desc limit $5"#,
            id.0,
            before,
            filter.kind.map(kind_text),
            search,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let files = page::cut(files, limit, |it| it.id.to_string());
        Ok(Page {
            items: files.items.into_iter().map(|it| it.json.0).collect(),
            next_cursor: files.next_cursor,
        })
    }
}
