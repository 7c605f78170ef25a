//! `Export`: the open transaction of an export, and its pages.

use super::taken_ids::AllIds;
use model::AppId;
use sqlx::{Postgres, Transaction};

/// Rows of a page, about: the members of one conversation stay together.
pub(super) const PAGE_ROWS: i64 = 2_000;

/// An export of one state of the database, whatever is written meanwhile. It has the users of an app and
/// those whom they share conversations with, all conversations of the given kinds that the app has
/// brought or its users are in, and what belongs to these.
///
/// Ids are the app's. What has none there gets one of the kind that is asked for, always the same, which
/// an import takes like any other: these are not the ids that contracts show, which no app can have.
pub struct Export {
    pub(super) db: Transaction<'static, Postgres>,
    pub(super) app_id: AppId,
    pub(super) ids: AllIds,
    /// What is exported, in the order of our ids. They are read once, at 8 bytes each, because finding
    /// them takes longer the more memberships the app's users have.
    pub(super) conversation_ids: Vec<i64>,
    pub(super) user_ids: Vec<i64>,
}

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) id: i64,
    pub(super) position: i64,
}

/// The first page is asked for with `None`, the next one with `next`, until it is `None`.
#[derive(Clone, Debug)]
pub struct ExportPage<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}
