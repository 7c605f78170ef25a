//! What a query means to its caller: names become ids, and days become times.

use super::{
    days::Days,
    problems,
    query::{By, Filter, Query},
    time_zone::TimeZone,
};
use crate::{Caller, Chat, Result, text};
use model::{
    ConversationId, SearchProblem,
    SearchProblemCode::{UnknownConversation, UnknownUser},
    UserId,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

/// Users or conversations that one name may mean.
const MAX_MEANT: i64 = 50;

/// Names that are suggested in place of one that means nobody.
const MAX_SUGGESTED: i64 = 3;

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

    pub fn add_before(&mut self, before: OffsetDateTime) {
        self.before = Some(self.before.map_or(before, |it| it.min(before)));
    }
}

/// The days at which what is found begins and ends.
#[derive(Default)]
struct Bounds {
    from: Vec<Date>,
    before: Vec<Date>,
}

impl Bounds {
    /// `before` leaves out the days, `after` begins after them, and `on` is them.
    fn add(&mut self, by: &By) {
        match by {
            By::Before(days) => self.before.push(days.first),
            By::After(days) => self.from.push(days.end),
            By::On(Days { first, end }) => {
                self.from.push(*first);
                self.before.push(*end);
            }
            _ => {}
        }
    }
}

/// What the filter says negated: not before is from there on, and not after is up to there.
fn negated_days(by: By) -> By {
    let of = |date| Days {
        first: date,
        end: date,
    };
    match by {
        By::Before(days) => By::After(of(days.first)),
        By::After(days) => By::Before(of(days.end)),
        by => by,
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
    /// The criteria of a query, and what is wrong with it. A name that means nobody, or no conversation of the
    /// caller, finds nothing.
    pub(super) async fn criteria(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        query: Query,
        zone: TimeZone<'_>,
    ) -> Result<(Criteria, Vec<SearchProblem>)> {
        let mut criteria = Criteria::default();
        let mut problems = query.problems;
        let mut bounds = Bounds::default();
        for word in query.words {
            let words = if word.is_excluded {
                &mut criteria.excluded_words
            } else {
                &mut criteria.words
            };
            words.push(word.text);
        }
        for filter in query.filters {
            let is_excluded = filter.is_excluded;
            match filter.by {
                By::Sender(_) | By::Conversation(_) => {
                    let named = self.add_named(db, caller, &mut criteria, filter).await?;
                    problems.extend(named);
                }
                By::Feature(feature) if is_excluded => {
                    criteria.excluded_features.push(feature.name.to_owned());
                }
                By::Feature(feature) => criteria.features.push(feature.name.to_owned()),
                by if is_excluded => bounds.add(&negated_days(by)),
                by => bounds.add(&by),
            }
        }
        // One of each is left: the latest begin and the earliest end.
        let bounds = [
            bounds.from.into_iter().max(),
            bounds.before.into_iter().min(),
        ];
        let days: Vec<Date> = bounds.into_iter().flatten().collect();
        let mut starts = zone.starts(db, &days).await?.into_iter();
        let [from, before] = bounds.map(|day| day.and_then(|_| starts.next()));
        criteria.from = from;
        criteria.before = before;
        Ok((criteria, problems))
    }

    /// Adds the users or the conversations whom a filter names. The problem, if there are none.
    async fn add_named(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        criteria: &mut Criteria,
        filter: Filter,
    ) -> Result<Option<SearchProblem>> {
        let (name, ids, any, excluded) = match &filter.by {
            By::Sender(name) => (
                name,
                self.users_of_name(db, caller, name).await?,
                &mut criteria.senders,
                &mut criteria.excluded_senders,
            ),
            By::Conversation(name) => (
                name,
                self.conversations_of_name(db, caller, name).await?,
                &mut criteria.conversations,
                &mut criteria.excluded_conversations,
            ),
            _ => return Ok(None),
        };
        let is_unknown = ids.is_empty();
        if filter.is_excluded {
            excluded.extend(ids);
        } else {
            add_any(any, ids, false);
        }
        if !is_unknown {
            return Ok(None);
        }
        let (code, similar) = match filter.by {
            By::Sender(_) => (UnknownUser, similar_users(db, name).await?),
            _ => (
                UnknownConversation,
                similar_conversations(db, caller, name).await?,
            ),
        };
        let problem = problems::of_name(code, filter.text, name, &similar);
        Ok(Some(problem))
    }

    /// The users whom a name after `from:` means: the one with that username, or else those with that name, with its
    /// accents or else without, or else those with a word of the name that begins so.
    async fn users_of_name(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        name: &str,
    ) -> Result<Vec<i64>> {
        let name = name.strip_prefix('@').unwrap_or(name);
        if text::is_blank(name) {
            return Ok(Vec::new());
        }
        if name.eq_ignore_ascii_case("me") {
            return Ok(vec![caller.user_id.0]);
        }
        let ids = sqlx::query_scalar!(
            r#"with pattern as materialized (
                select substr(p, 2, char_length(p) - 2) as whole from name_pattern($1) p
            ), found as (
                select 1 as rank, id from users where username = fold_text($1)
                union all
                select case when fold_text(u.name) = fold_text($1) then 2 when fold_name(u.name) like p.whole then 3
                    else 4 end, u.id from pattern p
                join users u on fold_name(u.name) like p.whole || '%'
                    or fold_name(u.name) like '% ' || p.whole || '%'
            )
            select id as "id!" from found where rank = (select min(rank) from found) order by id limit $2"#,
            name,
            MAX_MEANT
        )
        .fetch_all(db)
        .await?;
        Ok(ids)
    }

    /// The caller's conversations that a name after `in:` means: those with that title, with its accents or else
    /// without; after an `@`, the direct one with the user of that username; or else the one with that id.
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
                    when fold_name(c.title) = fold_name($2) then 2
                    when fold_name(peer.name) = fold_name($2) then 2
                    when c.id::text = $2 then 3 end as rank, c.id
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

/// The usernames of those whose names have the text in them, or are like it, the most alike first.
async fn similar_users(db: &mut PgConnection, name: &str) -> Result<Vec<String>> {
    let usernames = sqlx::query_scalar!(
        r#"with wanted as materialized (select name_pattern($1) as pattern, fold_name($1) as name)
        select u.username from wanted w join users u
            on u.username like w.pattern or fold_name(u.name) like w.pattern
                or u.username % w.name or fold_name(u.name) % w.name
        order by greatest(similarity(u.username, w.name), similarity(fold_name(u.name), w.name)) desc, u.id
        limit $2"#,
        name.trim_start_matches('@'),
        MAX_SUGGESTED
    )
    .fetch_all(db)
    .await?;
    Ok(usernames)
}

/// As `similar_users`, the caller's conversations: their titles, or the username after an `@` for a direct one.
async fn similar_conversations(
    db: &mut PgConnection,
    caller: &Caller,
    name: &str,
) -> Result<Vec<String>> {
    let names = sqlx::query_scalar!(
        r#"with wanted as materialized (select name_pattern($2) as pattern, fold_name($2) as name), own as (
            select c.id, coalesce(c.title, '@' || peer.username) as written,
                fold_name(coalesce(c.title, peer.name)) as name, coalesce(peer.username, '') as username
            from memberships k join conversations c on c.id = k.conversation_id
            left join users peer on c.kind = 'direct'
                and peer.id = case when c.low_user_id = $1 then c.high_user_id else c.low_user_id end
            where k.user_id = $1 and k.left_at is null
        )
        select o.written as "written!" from wanted w join own o
            on o.name like w.pattern or o.username like w.pattern or o.name % w.name or o.username % w.name
        order by greatest(similarity(o.name, w.name), similarity(o.username, w.name)) desc, o.id
        limit $3"#,
        caller.user_id.0,
        name.trim_start_matches(['#', '@']),
        MAX_SUGGESTED
    )
    .fetch_all(db)
    .await?;
    Ok(names)
}
