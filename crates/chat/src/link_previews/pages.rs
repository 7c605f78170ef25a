//! The table `link_pages`: what is known of addresses, and who is fetching them.

use super::page::{Lack, LinkPage};
use crate::{Chat, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sqlx::PgPool;
use time::OffsetDateTime;

/// How long a page is as it was, and how long one is that was not there, in seconds.
const FOUND_TTL: f64 = 86_400.0;
const MISSING_TTL: f64 = 1_800.0;

/// How long a page is without what this server had no means to fetch: its picture, or all of it. In seconds.
const BUSY_TTL: f64 = 60.0;

/// Seconds after which the node that fetches a page must be dead: more than a page and its picture may take.
const CLAIM: f64 = 60.0;

/// A page that is known.
#[derive(Clone, Copy, Debug)]
pub struct KnownPage {
    pub id: i64,
    /// Whether there is anything to show of it.
    pub is_found: bool,
}

/// An address that this node has taken. Another node takes it over under the same id when the claim has run out, and has
/// another end of it.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    id: i64,
    claimed_until: OffsetDateTime,
}

/// What is known of an address.
pub async fn known_page(db: &PgPool, hash: &[u8]) -> Result<Option<KnownPage>> {
    let known = sqlx::query_as!(
        KnownPage,
        r#"select id, (title is not null or description is not null) as "is_found!"
        from link_pages
        where address_hash = $1 and fetched_at is not null and expires_at > now()
        order by id desc limit 1"#,
        hash
    )
    .fetch_optional(db)
    .await?;
    Ok(known)
}

/// Takes an address to fetch it; `None` while somebody else does.
pub async fn claim_page(db: &PgPool, hash: &[u8]) -> Result<Option<Claim>> {
    let claim = sqlx::query_as!(
        Claim,
        r#"insert into link_pages (address_hash, claimed_until)
        values ($1, now() + make_interval(secs => $2))
        on conflict (address_hash) where fetched_at is null
        do update set claimed_until = excluded.claimed_until
        where link_pages.claimed_until < now()
        returning id, claimed_until as "claimed_until!""#,
        hash,
        CLAIM
    )
    .fetch_optional(db)
    .await?;
    Ok(claim)
}

/// Gives an address back that could not be fetched now, unless another node has it by now.
pub async fn release_page(db: &PgPool, claim: &Claim) -> Result<()> {
    sqlx::query!(
        "delete from link_pages where id = $1 and claimed_until = $2",
        claim.id,
        claim.claimed_until
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Chat {
    /// Writes down what was found at an address that was claimed, unless another node has it by now, or why nothing was.
    pub(super) async fn finish_page(
        &self,
        claim: &Claim,
        page: Result<LinkPage, Lack>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let key = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        // A picture that could not be had is asked for again with what was not there.
        let ttl = match page.as_ref().map_or_else(|lack| *lack, |it| it.lack) {
            Lack::Nothing => FOUND_TTL,
            Lack::OfPage => MISSING_TTL,
            Lack::OfServer => BUSY_TTL,
        };
        let page = page.as_ref().ok();
        let picture = page.and_then(|it| it.picture.as_ref());
        let finished = sqlx::query!(
            "update link_pages set fetched_at = now(), claimed_until = null,
                expires_at = now() + make_interval(secs => $2),
                host = $3, site = $4, title = $5, description = $6,
                picture_key = $7, picture_width = $8, picture_height = $9
            where id = $1 and claimed_until = $10",
            claim.id,
            ttl,
            page.map(|it| it.host.as_str()),
            page.and_then(|it| it.site.as_deref()),
            page.and_then(|it| it.title.as_deref()),
            page.and_then(|it| it.description.as_deref()),
            picture.map(|_| key),
            picture.map(|it| it.width),
            picture.map(|it| it.height),
            claim.claimed_until
        )
        .execute(&mut *tx)
        .await?;
        if finished.rows_affected() == 1
            && let Some(picture) = picture
        {
            sqlx::query!(
                "insert into link_pictures (page_id, webp) values ($1, $2)",
                claim.id,
                picture.webp
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
