//! The conversations that imported rows name: by old id, or by their two users.

use super::{
    batch::Batch,
    ids::{Table, assign_ids, note_moved},
    people::People,
    records::ConversationRef,
    spelling::by_spelling,
};
use crate::{ExternalId, Result};
use std::collections::{BTreeSet, HashMap};
use time::OffsetDateTime;

/// Our ids of conversations.
pub type Conversations = HashMap<ConversationRef, i64>;

/// A direct conversation to be inserted: its creator, the other user, when, and the old id if it has one.
pub struct NewDirect<'a> {
    pub creator: i64,
    pub other: i64,
    pub created_at: OffsetDateTime,
    pub external_id: Option<&'a ExternalId>,
}

/// The two users, the smaller id first.
pub type Pair = (i64, i64);

pub fn pair_of(one: i64, other: i64) -> Pair {
    (one.min(other), one.max(other))
}

impl Batch<'_> {
    /// The conversations that are there. `people` has the users of all pairs.
    pub async fn find_conversations<'a>(
        &mut self,
        refs: impl IntoIterator<Item = &'a ConversationRef>,
        people: &People,
    ) -> Result<Conversations> {
        let mut ids = BTreeSet::new();
        let mut pairs: HashMap<&ConversationRef, Pair> = HashMap::new();
        for of in refs {
            match of {
                ConversationRef::Id(id) => _ = ids.insert(id),
                ConversationRef::Pair(one, other) => {
                    if let Some((one, other)) = people.get(one).zip(people.get(other)) {
                        pairs.insert(of, pair_of(*one, *other));
                    }
                }
            }
        }
        let by_id = self.conversations_by_id(&ids).await?;
        let by_pair = self.directs_of(pairs.values().copied()).await?;
        let mut found: Conversations = ids
            .into_iter()
            .filter_map(|id| Some((ConversationRef::Id(id.clone()), *by_id.get(id)?)))
            .collect();
        for (of, pair) in pairs {
            if let Some(id) = by_pair.get(&pair) {
                found.insert(of.clone(), *id);
            }
        }
        Ok(found)
    }

    pub async fn conversations_by_id(
        &mut self,
        ids: &BTreeSet<&ExternalId>,
    ) -> Result<HashMap<ExternalId, i64>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| id.key().into_owned()).collect();
        let rows = sqlx::query!(
            "select external_id, conversation_id from app_conversations
            where app_id = $1 and external_key = any($2)",
            self.app_id.0,
            &keys
        )
        .fetch_all(&mut *self.db)
        .await?;
        let found = rows.into_iter().filter_map(|row| {
            let id = ExternalId::parse(&row.external_id)?;
            Some((id, row.conversation_id))
        });
        Ok(by_spelling(found, ids))
    }

    /// The direct conversations of these pairs.
    pub async fn directs_of(
        &mut self,
        pairs: impl Iterator<Item = Pair>,
    ) -> Result<HashMap<Pair, i64>> {
        let (low, high): (Vec<_>, Vec<_>) = pairs.collect::<BTreeSet<_>>().into_iter().unzip();
        if low.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = sqlx::query!(
            r#"select c.id, p.low as "low!", p.high as "high!"
            from unnest($1::bigint[], $2::bigint[]) p(low, high)
            join conversations c on c.kind = 'direct'
                and c.low_user_id = p.low and c.high_user_id = p.high"#,
            &low,
            &high
        )
        .fetch_all(&mut *self.db)
        .await?;
        let found = rows.into_iter().map(|row| ((row.low, row.high), row.id));
        Ok(found.collect())
    }

    /// Inserts direct conversations, of which the database has none, with their members.
    pub async fn insert_directs(&mut self, new: &[NewDirect<'_>]) -> Result<HashMap<Pair, i64>> {
        if new.is_empty() {
            return Ok(HashMap::new());
        }
        let external: Vec<_> = new.iter().filter_map(|it| it.external_id).collect();
        let mut kept = assign_ids(self.db, Table::Conversations, &external)
            .await?
            .into_iter();
        let ids: Vec<_> = new
            .iter()
            .map(|it| it.external_id.and_then(|_| kept.next()))
            .collect();
        let rows = sqlx::query!(
            r#"with wanted as materialized (
                select coalesce(g.id, nextval('conversations_id_seq')) as id, g.creator, g.other,
                    g.created_at
                from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
                    g(id, creator, other, created_at)
            ), created as (
                insert into conversations (id, kind, private, low_user_id, high_user_id, created_by,
                    created_at, member_count)
                overriding system value
                select w.id, 'direct', true, least(w.creator, w.other), greatest(w.creator, w.other),
                    w.creator, w.created_at, case when w.creator = w.other then 1 else 2 end
                from wanted w
            ), joined as (
                insert into members (conversation_id, user_id, role, joined_seq, seq, joined_at)
                select w.id, w.creator, 'owner', 1, 1, w.created_at from wanted w
                union all
                select w.id, w.other, 'member', 1, 1, w.created_at from wanted w
                where w.other <> w.creator
            )
            select id as "id!", creator as "creator!", other as "other!" from wanted"#,
            &ids as &[Option<i64>],
            &new.iter().map(|it| it.creator).collect::<Vec<_>>(),
            &new.iter().map(|it| it.other).collect::<Vec<_>>(),
            &new.iter().map(|it| it.created_at).collect::<Vec<_>>(),
        )
        .fetch_all(&mut *self.db)
        .await?;
        let created = rows
            .into_iter()
            .map(|row| (pair_of(row.creator, row.other), row.id));
        Ok(created.collect())
    }

    /// Remembers the old ids of conversations.
    pub async fn link_conversations(&mut self, links: &[(&ExternalId, i64)]) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let texts: Vec<_> = links.iter().map(|(id, _)| id.to_string()).collect();
        let ids: Vec<_> = links.iter().map(|(_, id)| *id).collect();
        sqlx::query!(
            "insert into app_conversations (app_id, external_id, conversation_id)
            select $1, l.external_id, l.id from unnest($2::text[], $3::bigint[]) l(external_id, id)",
            self.app_id.0,
            &texts,
            &ids
        )
        .execute(&mut *self.db)
        .await?;
        let links = links.iter().copied();
        note_moved(self.db, self.app_id, Table::Conversations, links).await
    }
}
