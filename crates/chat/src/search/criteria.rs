//! What a query means to its caller: names become ids, and days become times.

use super::query::{By, Days, Query};
use crate::{Caller, Chat, Result};
use model::{ConversationId, UserId};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime, UtcOffset};

/// Users or conversations that one name may mean.
const MAX_MEANT: i64 = 50;

/// The arguments of the SQL function `search_messages`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    pub words: Vec<String>,
    pub excluded_words: Vec<String>,
    /// Any of these; `None` for all.
    pub conversations: Option<Vec<i64>>,
    pub excluded_conversations: Vec<i64>,
    pub senders: Option<Vec<i64>>,
    pub excluded_senders: Vec<i64>,
    pub after: Option<OffsetDateTime>,
    pub from: Option<OffsetDateTime>,
    pub before: Option<OffsetDateTime>,
    pub features: Vec<String>,
    pub excluded_features: Vec<String>,
}

/// The names of a query, each with what it means.
#[derive(Default)]
struct Names {
    senders: Vec<(String, bool)>,
    conversations: Vec<(String, bool)>,
}

impl Criteria {
    pub fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether the criteria leave out nothing.
    pub fn are_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn add_conversation(&mut self, id: ConversationId) {
        add_any(&mut self.conversations, vec![id.0], true);
    }

    pub fn add_sender(&mut self, id: UserId) {
        add_any(&mut self.senders, vec![id.0], true);
    }

    fn add_after(&mut self, from: OffsetDateTime) {
        self.from = Some(self.from.map_or(from, |it| it.max(from)));
    }

    pub fn add_before(&mut self, before: OffsetDateTime) {
        self.before = Some(self.before.map_or(before, |it| it.min(before)));
    }

    /// `before` leaves out the days, `after` begins after them, and `on` is them.
    fn add_days(&mut self, by: &By, offset: UtcOffset) {
        match by {
            By::Before(days) => self.add_before(start(days.first, offset)),
            By::After(days) => self.add_after(start(days.end, offset)),
            By::On(Days { first, end }) => {
                self.add_after(start(*first, offset));
                self.add_before(start(*end, offset));
            }
            _ => {}
        }
    }
}

/// Midnight of a date, where the clocks are `offset` before UTC.
fn start(date: time::Date, offset: UtcOffset) -> OffsetDateTime {
    let seconds = Duration::seconds(offset.whole_seconds().into());
    date.midnight().assume_utc() - seconds
}

/// What the filter says negated: not before is from there on, and not after is up to there. Not on a day
/// would be two ranges, and leaves out nothing.
fn negated_days(by: &By) -> Option<By> {
    match by {
        By::Before(days) => Some(By::After(Days {
            first: days.first,
            end: days.first,
        })),
        By::After(days) => Some(By::Before(Days {
            first: days.end,
            end: days.end,
        })),
        _ => None,
    }
}

/// Several values of one operator are alternatives; the structured parameters narrow them.
fn add_any(any: &mut Option<Vec<i64>>, ids: Vec<i64>, narrows: bool) {
    match any {
        Some(known) if narrows => known.retain(|it| ids.contains(it)),
        Some(known) => known.extend(ids),
        None => *any = Some(ids),
    }
}

impl Chat {
    /// The criteria of a query. A name that means nobody, or no conversation of the caller, finds nothing.
    pub(super) async fn criteria(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        query: Query,
        offset: UtcOffset,
    ) -> Result<Criteria> {
        let mut criteria = Criteria::default();
        let mut names = Names::default();
        for word in query.words {
            let words = if word.is_excluded {
                &mut criteria.excluded_words
            } else {
                &mut criteria.words
            };
            words.push(word.text);
        }
        for filter in query.filters {
            match filter.by {
                By::Sender(name) => names.senders.push((name, filter.is_excluded)),
                By::Conversation(name) => names.conversations.push((name, filter.is_excluded)),
                By::Feature(feature) if filter.is_excluded => {
                    criteria.excluded_features.push(feature.name.to_owned());
                }
                By::Feature(feature) => criteria.features.push(feature.name.to_owned()),
                by if filter.is_excluded => {
                    if let Some(by) = negated_days(&by) {
                        criteria.add_days(&by, offset);
                    }
                }
                by => criteria.add_days(&by, offset),
            }
        }
        for (name, is_excluded) in names.senders {
            let ids = self.users_of_name(db, caller, &name).await?;
            if is_excluded {
                criteria.excluded_senders.extend(ids);
            } else {
                add_any(&mut criteria.senders, ids, false);
            }
        }
        for (name, is_excluded) in names.conversations {
            let ids = self.conversations_of_name(db, caller, &name).await?;
            if is_excluded {
                criteria.excluded_conversations.extend(ids);
            } else {
                add_any(&mut criteria.conversations, ids, false);
            }
        }
        Ok(criteria)
    }

    /// The users whom a name after `from:` means: the one with that username, or else those with that name, or
    /// else those with a word of the name that begins so.
    async fn users_of_name(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        name: &str,
    ) -> Result<Vec<i64>> {
        let name = name.strip_prefix('@').unwrap_or(name);
        if name.eq_ignore_ascii_case("me") {
            return Ok(vec![caller.user_id.0]);
        }
        let ids = sqlx::query_scalar!(
            r#"with pattern as materialized (
                select substr(p, 2, char_length(p) - 2) as whole from contains_pattern($1) p
            ), found as (
                select 1 as rank, id from users where username = fold_text($1)
                union all
                select case when fold_text(u.name) like p.whole then 2 else 3 end, u.id from pattern p
                join users u on fold_text(u.name) like p.whole || '%'
                    or fold_text(u.name) like '% ' || p.whole || '%'
            )
            select id as "id!" from found where rank = (select min(rank) from found) order by id limit $2"#,
            name,
            MAX_MEANT
        )
        .fetch_all(db)
        .await?;
        Ok(ids)
    }

    /// The caller's conversations that a name after `in:` means: those with that title; after an `@`, the direct
    /// one with the user of that username; or else the one with that id.
    async fn conversations_of_name(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        name: &str,
    ) -> Result<Vec<i64>> {
        let title = name.strip_prefix('#').unwrap_or(name);
        let username = name.strip_prefix('@');
        let ids = sqlx::query_scalar!(
            r#"with found as (
                select case when fold_text(c.title) = fold_text($2) then 1
                    when peer.username = fold_text($3) then 1
                    when fold_text(peer.name) = fold_text($2) then 1
                    when c.id::text = $2 then 2 end as rank, c.id
                from memberships k join conversations c on c.id = k.conversation_id
                left join users peer on c.kind = 'direct'
                    and peer.id = case when c.low_user_id = $1 then c.high_user_id else c.low_user_id end
                where k.user_id = $1 and k.left_at is null
            )
            select id as "id!" from found where rank = (select min(rank) from found) order by id limit $4"#,
            caller.user_id.0,
            title,
            username,
            MAX_MEANT
        )
        .fetch_all(db)
        .await?;
        Ok(ids)
    }
}
