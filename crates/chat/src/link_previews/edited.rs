//! What an edit leaves of the previews of its message.

use crate::{Result, text};
use model::MessageId;
use sqlx::PgConnection;

/// Takes away the previews whose links are gone, and numbers those that stay in the order of the new text.
pub async fn follow_edit(tx: &mut PgConnection, id: MessageId, body: &str) -> Result<()> {
    let links = text::previewed_links(body);
    sqlx::query!(
        "with gone as (
            -- What was removed is kept as long as the text has its link anywhere, so that it does not come back.
            delete from link_previews where message_id = $1 and url <> all($2::text[])
                and (removed_at is null or strpos($3, url) = 0)
        )
        update link_previews p set number = f.number
        from unnest($2::text[]) with ordinality f(url, number)
        where p.message_id = $1 and p.url = f.url and p.number <> f.number",
        id.0,
        &links,
        body
    )
    .execute(tx)
    .await?;
    Ok(())
}
