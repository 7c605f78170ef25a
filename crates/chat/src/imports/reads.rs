//! How far members have read: positions and read marks of a batch.

use super::batch::Batch;
use crate::Result;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use time::OffsetDateTime;

/// A conversation and a user of it.
type Reader = (i64, i64);

#[derive(Default)]
pub struct Reads {
    /// The highest position that each has read or sent.
    positions: BTreeMap<Reader, i64>,
    /// When each had read up to a position.
    marks: BTreeMap<(Reader, i64), OffsetDateTime>,
}

/// What has moved: members, and positions of conversations that somebody has read.
#[derive(Default)]
pub struct Moved {
    pub readers: HashSet<Reader>,
    pub positions: HashSet<(i64, i64)>,
}

impl Reads {
    /// The positions that these members have before the batch.
    pub async fn of_senders(
        batch: &mut Batch<'_>,
        senders: impl Iterator<Item = Reader>,
    ) -> Result<Self> {
        let (ids, user_ids): (Vec<_>, Vec<_>) =
            senders.collect::<BTreeSet<_>>().into_iter().unzip();
        let rows = sqlx::query!(
            "select m.conversation_id, m.user_id, m.read_position
            from unnest($1::bigint[], $2::bigint[]) k(conversation_id, user_id)
            join members m on m.conversation_id = k.conversation_id and m.user_id = k.user_id",
            &ids,
            &user_ids
        )
        .fetch_all(&mut *batch.db)
        .await?;
        let positions = rows
            .into_iter()
            .map(|row| ((row.conversation_id, row.user_id), row.read_position));
        Ok(Self {
            positions: positions.collect(),
            marks: BTreeMap::new(),
        })
    }

    /// The user had read up to this position, at this time if it is known.
    pub fn read(&mut self, of: Reader, position: i64, at: Option<OffsetDateTime>) {
        let highest = self.positions.entry(of).or_default();
        *highest = position.max(*highest);
        if let Some(at) = at {
            self.marks.insert((of, position), at);
        }
    }

    /// The user has sent the message at this position, and thereby read those before it: nobody has said
    /// when.
    pub fn sent(&mut self, of: Reader, position: i64) {
        if let Some(highest) = self.positions.get_mut(&of) {
            *highest = position.max(*highest);
        }
    }

    /// Moves the positions of those who are members, never back, and writes the marks.
    pub async fn write(self, batch: &mut Batch<'_>) -> Result<Moved> {
        let mut moved = Moved::default();
        // `members` is locked in the order of conversation and user everywhere: the order of the map.
        let (mut ids, mut user_ids, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        for ((id, user_id), position) in &self.positions {
            ids.push(*id);
            user_ids.push(*user_id);
            positions.push(*position);
        }
        if ids.is_empty() {
            return Ok(moved);
        }
        let rows = sqlx::query!(
            "with given as materialized (
                select m.conversation_id, m.user_id, g.position
                from unnest($1::bigint[], $2::bigint[], $3::bigint[]) g(conversation_id, user_id, position)
                join members m on m.conversation_id = g.conversation_id and m.user_id = g.user_id
                where m.left_at is null
                    and (m.read_position < g.position or m.delivered_position < g.position)
                order by m.conversation_id, m.user_id for no key update of m
            )
            update members m set read_position = greatest(m.read_position, g.position),
                delivered_position = greatest(m.delivered_position, g.position)
            from given g where m.conversation_id = g.conversation_id and m.user_id = g.user_id
            returning m.conversation_id, m.user_id, m.read_position",
            &ids,
            &user_ids,
            &positions
        )
        .fetch_all(&mut *batch.db)
        .await?;
        for row in rows {
            moved.readers.insert((row.conversation_id, row.user_id));
            moved
                .positions
                .insert((row.conversation_id, row.read_position));
        }
        self.write_marks(batch, &mut moved).await?;
        Ok(moved)
    }

    async fn write_marks(&self, batch: &mut Batch<'_>, moved: &mut Moved) -> Result<()> {
        let (mut ids, mut user_ids, mut positions, mut times) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut marks = self.marks.iter().peekable();
        while let Some((((id, user_id), position), at)) = marks.next() {
            // Of marks with one time, the last says the same as all: a message was read at the first
            // mark at or above it.
            let is_repeated = marks
                .peek()
                .is_some_and(|((of, _), next)| *of == (*id, *user_id) && *next == at);
            if !is_repeated {
                ids.push(*id);
                user_ids.push(*user_id);
                positions.push(*position);
                times.push(*at);
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let rows = sqlx::query!(
            "insert into read_marks (conversation_id, user_id, position, read_at)
            select g.conversation_id, g.user_id, g.position, g.read_at
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
                g(conversation_id, user_id, position, read_at)
            join members m on m.conversation_id = g.conversation_id and m.user_id = g.user_id
            on conflict do nothing
            returning conversation_id, user_id, position",
            &ids,
            &user_ids,
            &positions,
            &times
        )
        .fetch_all(&mut *batch.db)
        .await?;
        for row in rows {
            moved.readers.insert((row.conversation_id, row.user_id));
            moved.positions.insert((row.conversation_id, row.position));
        }
        Ok(())
    }
}
