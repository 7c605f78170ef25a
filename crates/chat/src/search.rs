//! Search: the messages of the caller's conversations that contain words, narrowed by operators.

mod criteria;
mod days;
mod index;
pub mod pending;
mod problems;
mod query;
mod similar;
mod snippet;
mod time_zone;

pub use index::IndexedPart;

use crate::{
    Caller, Chat, Error, OffsetPage, OffsetPageRequest, Result,
    messages::messages_by_id,
    page,
    page_walks::{NumberedList, PageEnd},
    text,
};
use criteria::Criteria;
use model::{
    ConversationId, FoundMessage, MatchKind, Message, MessageId, MessageKind, PageRequest,
    SearchOrder, SearchPage, SearchProblem, UserId,
};
use query::Query;
use snippet::Folded;
use sqlx::PgConnection;
use std::{borrow::Cow, collections::HashMap};
use time::OffsetDateTime;
use time_zone::TimeZone;

/// In characters.
const MAX_QUERY: usize = 200;

/// Results that are counted, and among which the best are found.
const MAX_COUNTED: i64 = 1_000;

/// With fewer exact results, similar ones are looked for.
const FEW: usize = 5;

/// What is searched for. The fields narrow what the query says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words, quoted phrases and operators (`from:ada has:link`).
    pub query: String,
    pub conversation_id: Option<ConversationId>,
    pub sender_id: Option<UserId>,
    pub before: Option<OffsetDateTime>,
    pub after: Option<OffsetDateTime>,
    pub order: SearchOrder,
    /// Of the caller, for the days of a query: the name of a zone of the IANA database, UTC where there is none.
    pub time_zone: Option<String>,
}

/// A search with numbered pages: `page` from 1, `limit` 1 to 100.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// Part of the messages, without operators.
    pub query: String,
    pub conversation_id: Option<ConversationId>,
    pub page: i64,
    pub limit: i64,
}

/// The ids of a page, in order.
struct FoundPage {
    ids: Vec<i64>,
    next_cursor: Option<String>,
    /// At most one more than `MAX_COUNTED`.
    total: i64,
}

impl Chat {
    /// Messages that contain all words of the query (1 to 200 characters in all, regardless of case and
    /// composition). `NotFound` when `conversation_id` names a conversation that the caller is not a member of.
    pub async fn search(
        &self,
        caller: &Caller,
        search: &Search,
        page: PageRequest,
    ) -> Result<SearchPage> {
        let limit = page::limit(page.limit)?;
        let cursor = page::numbers(page.cursor.as_deref())?;
        check_query(&search.query)?;
        let (criteria, problems) = self.criteria_of(caller, search).await?;
        if criteria.are_empty() {
            return Ok(SearchPage {
                items: Vec::new(),
                next_cursor: None,
                total: 0,
                total_is_exact: true,
                problems,
            });
        }
        let mut db = self.0.db.acquire().await?;
        let found = match search.order {
            SearchOrder::Newest => find_newest(&mut db, caller, &criteria, cursor, limit).await?,
            SearchOrder::Best => find_best(&mut db, caller, &criteria, cursor, limit).await?,
        };
        let has_few = cursor.is_none() && found.ids.len() < FEW && found.next_cursor.is_none();
        let exact_words = criteria.words.clone();
        let mut items = found_messages(&mut db, &found.ids, &exact_words, MatchKind::Exact).await?;
        if has_few && criteria.has_words() {
            let similar = find_similar(&mut db, caller, &criteria, &found.ids, limit).await?;
            items.extend(similar);
        }
        Ok(SearchPage {
            items,
            next_cursor: found.next_cursor,
            total: found.total.min(MAX_COUNTED),
            total_is_exact: found.total <= MAX_COUNTED,
            problems,
        })
    }

    /// The newest messages that contain a text, for a list of suggestions.
    pub(crate) async fn newest_with(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        text: &str,
        limit: i64,
    ) -> Result<Vec<FoundMessage>> {
        let words = Query::literal(text).words.into_iter();
        let criteria = Criteria {
            words: words.map(|it| it.text).collect(),
            ..Criteria::default()
        };
        let ids = find_ids(db, caller, &criteria, &[], None, limit).await?;
        found_messages(db, &ids, &criteria.words, MatchKind::Exact).await
    }

    /// The messages that contain a text, the newest first, with numbered pages and the total.
    pub async fn search_messages(
        &self,
        caller: &Caller,
        request: SearchRequest,
    ) -> Result<OffsetPage<Message>> {
        let page = OffsetPageRequest {
            page: request.page,
            limit: request.limit,
            ..OffsetPageRequest::default()
        };
        let (limit, offset) = page.window()?;
        check_query(&request.query)?;
        if let Some(id) = request.conversation_id {
            self.require_member(caller, id).await?;
        }
        let walk = page.walk(
            caller,
            NumberedList::Found {
                id: request.conversation_id,
                query: request.query.chars().take(MAX_QUERY + 1).collect(),
            },
        );
        let before = self.0.page_walks.end_before(&walk, page.page).await;
        let mut db = self.0.db.acquire().await?;
        let found = sqlx::query!(
            r#"select total as "total!", ids as "ids!"
            from find_messages($1, contains_pattern($2), $3, null, null, null, $4, $5, $6, true)"#,
            caller.user_id.0,
            request.query.trim(),
            request.conversation_id.map(|id| id.0),
            before.map(|it| it.id),
            limit,
            if before.is_some() { 0 } else { offset },
        )
        .fetch_one(&mut *db)
        .await?;
        let items = messages_by_id(&mut db, &found.ids).await?;
        let end = items.last().map(|it| PageEnd { at: 0, id: it.id.0 });
        self.0.page_walks.note(walk, page.page, end).await;
        Ok(OffsetPage {
            items,
            total: found.total,
        })
    }

    async fn criteria_of(
        &self,
        caller: &Caller,
        search: &Search,
    ) -> Result<(Criteria, Vec<SearchProblem>)> {
        let before = page::time("before", search.before)?;
        let after = page::time("after", search.after)?;
        let zone = TimeZone::parse(search.time_zone.as_deref())?;
        if let Some(id) = search.conversation_id {
            self.require_member(caller, id).await?;
        }
        let mut db = self.0.db.acquire().await?;
        let query = Query::parse(&search.query, zone.today(&mut db).await?);
        let (mut criteria, problems) = self.criteria(&mut db, caller, query, zone).await?;
        if criteria.are_empty() {
            // Nothing is left of the query but its problems.
            return if problems.is_empty() {
                Err(Error::invalid("q", "must have 1 to 200 characters"))
            } else {
                Ok((criteria, problems))
            };
        }
        if let Some(id) = search.conversation_id {
            criteria.add_conversation(id);
        }
        if let Some(id) = search.sender_id {
            criteria.add_sender(id);
        }
        if let Some(before) = before {
            criteria.add_before(before);
        }
        criteria.after = after;
        Ok((criteria, problems))
    }
}

fn check_query(query: &str) -> Result<()> {
    if text::is_blank(query) || query.trim().chars().count() > MAX_QUERY {
        return Err(Error::invalid("q", "must have 1 to 200 characters"));
    }
    Ok(())
}

/// Every page counts anew what there is, among the newest: a total in the cursor would be whatever a client
/// writes there.
async fn find_newest(
    db: &mut PgConnection,
    caller: &Caller,
    criteria: &Criteria,
    cursor: Option<[i64; 1]>,
    limit: i64,
) -> Result<FoundPage> {
    let newest = find_ids(db, caller, criteria, &[], None, MAX_COUNTED + 1).await?;
    let total = page::len(&newest);
    let found = match cursor {
        None => newest,
        Some([before]) => {
            let rest: Vec<i64> = newest.into_iter().filter(|id| *id < before).collect();
            // Beyond those that are counted there may be more.
            if total > MAX_COUNTED && page::len(&rest) <= limit {
                find_ids(db, caller, criteria, &[], Some(before), limit + 1).await?
            } else {
                rest
            }
        }
    };
    let page = page::cut(found, limit, ToString::to_string);
    Ok(FoundPage {
        ids: page.items,
        next_cursor: page.next_cursor,
        total,
    })
}

/// Every page ranks the newest results anew; the cursor is where the next page begins.
async fn find_best(
    db: &mut PgConnection,
    caller: &Caller,
    criteria: &Criteria,
    cursor: Option<[i64; 1]>,
    limit: i64,
) -> Result<FoundPage> {
    let offset = cursor.map_or(0, |[offset]| offset.clamp(0, MAX_COUNTED));
    let found = find_ids(db, caller, criteria, &[], None, MAX_COUNTED + 1).await?;
    let total = page::len(&found);
    let ranked = sqlx::query_scalar!(
        r#"select rank_messages($1, $2) as "ids!""#,
        &found,
        &criteria.words
    )
    .fetch_one(db)
    .await?;
    let skipped = usize::try_from(offset).unwrap_or(0);
    let rest: Vec<i64> = ranked.into_iter().skip(skipped).collect();
    let page = page::cut(rest, limit, |_| (offset + limit).to_string());
    Ok(FoundPage {
        ids: page.items,
        next_cursor: page.next_cursor,
        total,
    })
}

/// Messages with words that are like those of the query, without those that are found already.
async fn find_similar(
    db: &mut PgConnection,
    caller: &Caller,
    criteria: &Criteria,
    known: &[i64],
    limit: i64,
) -> Result<Vec<FoundMessage>> {
    let folded = Folded::load(db, std::iter::empty(), &criteria.words).await?;
    let (mut alternatives, mut words, mut is_changed) = (Vec::new(), Vec::new(), false);
    for word in &criteria.words {
        let spellings = similar::spellings(db, folded.get(word)).await?;
        is_changed |= spellings.len() > 1;
        alternatives.push(serde_json::json!(spellings).to_string());
        words.extend(spellings);
    }
    if !is_changed {
        return Ok(Vec::new());
    }
    let criteria = Criteria {
        words: Vec::new(),
        ..criteria.clone()
    };
    let wanted = limit + page::len(known);
    let mut ids = find_ids(db, caller, &criteria, &alternatives, None, wanted).await?;
    ids.retain(|id| !known.contains(id));
    ids.truncate(usize::try_from(limit - page::len(known)).unwrap_or(0));
    found_messages(db, &ids, &words, MatchKind::Similar).await
}

/// The ids of the messages, the newest first.
async fn find_ids(
    db: &mut PgConnection,
    caller: &Caller,
    criteria: &Criteria,
    // Words of which one is contained, as a JSON list for each.
    alternatives: &[String],
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar!(
        r#"select search_messages(
            $1, array(select contains_pattern(w) from unnest($2::text[]) w),
            array(select contains_pattern(w) from unnest($3::text[]) w), $4,
            $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
        ) as "ids!""#,
        caller.user_id.0,
        &criteria.words,
        &criteria.excluded_words,
        alternatives,
        criteria.conversations.as_deref() as Option<&[i64]>,
        &criteria.excluded_conversations,
        criteria.senders.as_deref() as Option<&[i64]>,
        &criteria.excluded_senders,
        criteria.after,
        criteria.from,
        criteria.before,
        &criteria.features,
        &criteria.excluded_features,
        before,
        limit
    )
    .fetch_one(db)
    .await?;
    Ok(ids)
}

/// The messages of these ids, in this order, with their snippets.
async fn found_messages(
    db: &mut PgConnection,
    ids: &[i64],
    words: &[String],
    match_kind: MatchKind,
) -> Result<Vec<FoundMessage>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let messages = messages_by_id(db, ids).await?;
    let texts: Vec<_> = messages.iter().map(shown_text).collect();
    let folded = Folded::load(db, texts.iter().map(|it| &**it), words).await?;
    let words: Vec<&str> = words.iter().map(|it| folded.get(it)).collect();
    let snippets: Vec<_> = texts.iter().map(|it| folded.snippet(it, &words)).collect();
    let mut found: HashMap<MessageId, FoundMessage> = messages
        .into_iter()
        .zip(snippets)
        .map(|(message, snippet)| {
            let found = FoundMessage {
                message,
                snippet,
                match_kind,
            };
            (found.message.id, found)
        })
        .collect();
    let in_order = ids.iter().filter_map(|id| found.remove(&MessageId(*id)));
    Ok(in_order.collect())
}

/// What is read of a message: without Markdown, and without what a spoiler hides.
fn shown_text(message: &Message) -> Cow<'_, str> {
    let marked = (message.kind != MessageKind::System).then(|| text::plain_text(&message.body));
    marked
        .flatten()
        .map_or(Cow::Borrowed(&*message.body), Cow::Owned)
}
