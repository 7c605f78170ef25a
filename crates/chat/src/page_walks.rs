//! Page walks: where the numbered pages end that a caller reads one after the other.
//!
//! By its number alone, the next page begins so many items after the first, and skips one for each that
//! was deleted meanwhile from the pages before it, or repeats one that was added. So the page after one
//! that the caller has read continues behind the last item of that page. Pages of which the one before has
//! not been read are found by their number.

use model::{ConversationId, SessionId, UserId};
use moka::future::Cache;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long it is remembered where pages end, after the last page was read. On this node: on another one,
/// the next page is found by its number.
const WALK_TTL: Duration = Duration::from_mins(10);

/// Lists of callers that are remembered; beyond it moka evicts the least used.
const MAX_WALKS: u64 = 10_000;

/// Pages of one list whose ends are remembered, those with the highest numbers.
const MAX_PAGES: usize = 32;

/// A list that a caller reads in pages of this size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageWalk {
    pub user_id: UserId,
    pub session_id: Option<SessionId>,
    pub limit: i64,
    pub list: NumberedList,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NumberedList {
    Messages {
        id: ConversationId,
        newest_first: bool,
    },
    /// Conversations of these kinds.
    Conversations(Vec<String>),
    Found {
        id: Option<ConversationId>,
        query: String,
    },
}

/// The last item of a page, as the order of the list has it: its time in microseconds, where the list is
/// ordered by times, and its position or id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEnd {
    pub at: i64,
    pub id: i64,
}

pub struct PageWalks(Cache<PageWalk, Arc<BTreeMap<i64, PageEnd>>>);

impl Default for PageWalks {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MAX_WALKS);
        Self(cache.time_to_idle(WALK_TTL).build())
    }
}

impl PageWalks {
    /// The end of the page before this one, if the caller has read it.
    pub async fn end_before(&self, walk: &PageWalk, page: i64) -> Option<PageEnd> {
        let ends = self.0.get(walk).await?;
        ends.get(&(page - 1)).copied()
    }

    /// Notes where a page ends that was just read. Later pages, as they were read before, are forgotten. An
    /// empty page ends nowhere.
    pub async fn note(&self, walk: PageWalk, page: i64, end: Option<PageEnd>) {
        let known = self.0.get(&walk).await.unwrap_or_default();
        let before = known.iter().filter(|(known, _)| **known < page);
        let mut ends: BTreeMap<_, _> = before.map(|(page, end)| (*page, *end)).collect();
        ends.extend(end.map(|end| (page, end)));
        while ends.len() > MAX_PAGES {
            ends.pop_first();
        }
        self.0.insert(walk, Arc::new(ends)).await;
    }
}
