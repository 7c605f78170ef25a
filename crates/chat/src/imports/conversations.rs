//! Importing conversations.

use super::{
    batch::Batch,
    conversation_refs::{NewDirect, Pair, pair_of},
    ids::{Table, assign_ids},
    outcome::Outcome,
    people::People,
    records::Conversation,
};
use crate::{ExternalId, Result, conversations::kind_text, text};
use model::ConversationKind;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Characters of the longest title and description, which are cut: the constraints
/// `conversations_title_length` and `conversations_description_length`.
const MAX_TITLE: usize = 120;
const MAX_DESCRIPTION: usize = 1_000;

/// A row with what the table can hold of its texts.
struct Checked<'a> {
    row: &'a Conversation,
    title: Option<String>,
    description: Option<String>,
}

pub async fn import(batch: &mut Batch<'_>, rows: &[Conversation]) -> Result<Outcome> {
    let mut seen = HashSet::new();
    let mut checked = Vec::with_capacity(rows.len());
    for row in rows {
        if !seen.insert(&row.id) {
            batch.outcome.leave(&row.id, "the same id twice");
        } else if row.kind == ConversationKind::Direct && row.pair.is_none() {
            batch
                .outcome
                .leave(&row.id, "a direct conversation without its two users");
        } else {
            checked.push(check(batch, row));
        }
    }
    let ids: BTreeSet<_> = checked.iter().map(|it| &it.row.id).collect();
    let known = batch.conversations_by_id(&ids).await?;
    let (known, new): (Vec<_>, Vec<_>) = checked
        .into_iter()
        .map(|it| (known.get(&it.row.id).copied(), it))
        .partition(|(id, _)| id.is_some());
    let known: Vec<_> = known
        .into_iter()
        .filter_map(|(id, it)| Some((id?, it)))
        .collect();
    let updated = update(batch, &known).await?;
    batch.outcome.updated += updated;
    batch.outcome.unchanged += known.len() as u64 - updated;

    let named = new.iter().flat_map(|(_, it)| {
        let pair = it.row.pair.iter().flat_map(|(one, other)| [one, other]);
        it.row.created_by.iter().chain(pair)
    });
    let people = batch.people(named).await?;
    let (directs, others): (Vec<_>, Vec<_>) = new
        .into_iter()
        .map(|(_, it)| it)
        .partition(|it| it.row.kind == ConversationKind::Direct);
    take_directs(batch, &directs, &people).await?;
    take_others(batch, &others, &people).await?;
    Ok(std::mem::take(&mut batch.outcome))
}

fn check<'a>(batch: &mut Batch<'_>, row: &'a Conversation) -> Checked<'a> {
    let mut cut = |text: &Option<String>, max: usize, reason: &'static str| {
        let text = text.as_deref()?.replace('\0', "");
        let text = text.trim();
        if text.chars().count() > max {
            batch.outcome.adjust(&row.id, reason);
        }
        let text: String = text.chars().take(max).collect();
        let text = text.trim_end();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let is_direct = row.kind == ConversationKind::Direct;
    let title = cut(&row.title, MAX_TITLE, "title cut after 120 characters");
    let description = cut(
        &row.description,
        MAX_DESCRIPTION,
        "description cut after 1000 characters",
    );
    Checked {
        row,
        title: title
            .and_then(|it| text::clean_line(&it, MAX_TITLE))
            .filter(|_| !is_direct),
        description: description
            .map(|it| text::clean_description(&it))
            .filter(|it| !it.is_empty()),
    }
}

/// Changes the titles, descriptions and privacy that differ; returns of how many conversations.
async fn update(batch: &mut Batch<'_>, known: &[(i64, Checked<'_>)]) -> Result<u64> {
    if known.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = known.iter().map(|(id, _)| *id).collect();
    batch.lock(&ids).await?;
    let updated = sqlx::query!(
        "update conversations c set title = coalesce(g.title, c.title), description = g.description,
            private = g.private or c.kind <> 'channel', seq = c.seq + 1, changed_seq = c.seq + 1
        from unnest($1::bigint[], $2::text[], $3::text[], $4::bool[])
            g(id, title, description, private)
        where c.id = g.id and c.kind <> 'direct' and (
            g.title <> c.title or g.description is distinct from c.description
            or (c.kind = 'channel' and g.private <> c.private)
        )",
        &ids,
        &known.iter().map(|(_, it)| it.title.clone()).collect::<Vec<_>>() as &[Option<String>],
        &known.iter().map(|(_, it)| it.description.clone()).collect::<Vec<_>>()
            as &[Option<String>],
        &known.iter().map(|(_, it)| it.row.private).collect::<Vec<_>>(),
    )
    .execute(&mut *batch.db)
    .await?;
    Ok(updated.rows_affected())
}

/// A pair has one direct conversation: one that is there already gets the old id too.
async fn take_directs(
    batch: &mut Batch<'_>,
    directs: &[Checked<'_>],
    people: &People,
) -> Result<()> {
    let mut wanted: Vec<(&ExternalId, Pair)> = Vec::new();
    let mut new: HashMap<Pair, NewDirect<'_>> = HashMap::new();
    let mut order = Vec::new();
    for it in directs {
        let pair = it.row.pair.as_ref();
        let pair = pair.and_then(|(one, other)| people.get(one).zip(people.get(other)));
        let Some((one, other)) = pair else {
            continue;
        };
        let created_by = it.row.created_by.as_ref().and_then(|id| people.get(id));
        let (creator, peer) = if created_by == Some(other) {
            (*other, *one)
        } else {
            (*one, *other)
        };
        let pair = pair_of(*one, *other);
        wanted.push((&it.row.id, pair));
        new.entry(pair).or_insert_with(|| {
            order.push(pair);
            NewDirect {
                creator,
                other: peer,
                created_at: it.row.created_at,
                external_id: Some(&it.row.id),
            }
        });
    }
    let mut ids = batch.directs_of(order.iter().copied()).await?;
    let was_there: HashSet<_> = ids.keys().copied().collect();
    let new: Vec<_> = order
        .iter()
        .filter(|pair| !was_there.contains(pair))
        .filter_map(|pair| new.remove(pair))
        .collect();
    ids.extend(batch.insert_directs(&new).await?);
    let mut links = Vec::new();
    let mut linked: HashSet<Pair> = was_there;
    for (external_id, pair) in wanted {
        let Some(id) = ids.get(&pair) else { continue };
        if !linked.insert(pair) {
            let reason = "joined with the conversation that its two users have already";
            batch.outcome.adjust(external_id, reason);
        }
        batch.outcome.taken += 1;
        links.push((external_id, *id));
    }
    batch.link_conversations(&links).await
}

async fn take_others(batch: &mut Batch<'_>, others: &[Checked<'_>], people: &People) -> Result<()> {
    let mut fallback = None;
    let mut new = Vec::new();
    for it in others {
        let creator = it.row.created_by.as_ref().and_then(|id| people.get(id));
        let creator = match (creator, fallback) {
            (Some(creator), _) => Some(*creator),
            (None, Some(any)) => Some(any),
            (None, None) => {
                fallback = any_user(batch).await?;
                fallback
            }
        };
        match creator {
            Some(creator) => new.push((it, creator)),
            None => batch
                .outcome
                .leave(&it.row.id, "nobody is known who could have created it"),
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let external: Vec<_> = new.iter().map(|(it, _)| &it.row.id).collect();
    let ids = assign_ids(batch.db, Table::Conversations, &external).await?;
    let titles: Vec<_> = new
        .iter()
        .map(|(it, _)| it.title.clone().unwrap_or_else(|| untitled(&it.row.id)))
        .collect();
    sqlx::query!(
        "insert into conversations (id, kind, title, description, private, created_by, created_at)
        overriding system value
        select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bool[],
            $6::bigint[], $7::timestamptz[])",
        &ids,
        &new.iter()
            .map(|(it, _)| kind_text(it.row.kind).to_owned())
            .collect::<Vec<_>>(),
        &titles,
        &new.iter()
            .map(|(it, _)| it.description.clone())
            .collect::<Vec<_>>() as &[Option<String>],
        &new.iter()
            .map(|(it, _)| it.row.private || it.row.kind != ConversationKind::Channel)
            .collect::<Vec<_>>(),
        &new.iter().map(|(_, creator)| *creator).collect::<Vec<_>>(),
        &new.iter()
            .map(|(it, _)| it.row.created_at)
            .collect::<Vec<_>>(),
    )
    .execute(&mut *batch.db)
    .await?;
    batch.outcome.taken += new.len() as u64;
    let links: Vec<_> = external.into_iter().zip(ids).collect();
    batch.link_conversations(&links).await
}

fn untitled(id: &ExternalId) -> String {
    id.as_str().chars().take(MAX_TITLE).collect()
}

/// The app's first user, as the creator of conversations of which nobody knows who it was.
async fn any_user(batch: &mut Batch<'_>) -> Result<Option<i64>> {
    let user_id = sqlx::query_scalar!(
        r#"select min(user_id) as "id" from app_users where app_id = $1"#,
        batch.app_id.0
    )
    .fetch_one(&mut *batch.db)
    .await?;
    Ok(user_id)
}
