//! Seeds the database with users and conversations by plain SQL: thousands in a moment.

mod words;

use chat::{Keys, SubjectOrigin};
use model::{ConversationId, SessionId, UserId};
use sqlx::PgPool;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum SeedError {
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("no token: {0}")]
    Token(#[from] chat::Error),
}

/// A user with a session.
#[derive(Clone, Copy, Debug)]
pub struct SeededUser {
    pub user_id: UserId,
    session_id: SessionId,
}

/// Connection pool of the database, and the key that signs access tokens.
#[derive(Clone)]
pub struct Seeder {
    pub pool: PgPool,
    keys: Keys,
}

impl Seeder {
    pub fn new(pool: PgPool, jwt_secret: &str) -> Result<Self, SeedError> {
        let keys = Keys::new(jwt_secret.as_bytes(), None, SubjectOrigin::Local)?;
        Ok(Self { pool, keys })
    }

    /// Signs an access token, which expires after 15 minutes.
    pub fn token(&self, user: &SeededUser) -> Result<String, SeedError> {
        Ok(self.keys.sign(user.user_id, user.session_id)?)
    }

    /// Creates so many users, each with a session.
    pub async fn create_users(&self, count: usize) -> Result<Vec<SeededUser>, SeedError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "with base as (select coalesce(max(id), 0) as id from users),
            invited as (
                insert into users (username, name)
                select 'person-' || (base.id + n), 'Person ' || (base.id + n)
                from base, generate_series(1, $1) n
                returning id
            )
            insert into sessions (user_id, expires_at)
            select id, now() + interval '30 days' from invited order by id
            returning user_id, id",
        )
        .bind(number(count))
        .fetch_all(&self.pool)
        .await?;
        let users = rows.into_iter().map(|(user_id, session_id)| SeededUser {
            user_id: UserId(user_id),
            session_id: SessionId(session_id),
        });
        Ok(users.collect())
    }

    /// Creates a group conversation; the first member is its owner.
    pub async fn create_group(&self, members: &[SeededUser]) -> Result<ConversationId, SeedError> {
        let ids: Vec<_> = members.iter().map(|it| it.user_id).collect();
        self.create_group_of(&ids).await
    }

    /// The same of users by their ids.
    pub async fn create_group_of(&self, members: &[UserId]) -> Result<ConversationId, SeedError> {
        let ids: Vec<_> = members.iter().map(|it| it.0).collect();
        let id = sqlx::query_scalar(
            "with c as (
                insert into conversations (kind, title, private, created_by, member_count)
                values ('group', 'Group of ' || cardinality($1), true, $1[1], cardinality($1))
                returning id
            ), m as (
                insert into members (conversation_id, user_id, role, joined_seq, seq)
                select c.id, u.id, case n when 1 then 'owner' else 'member' end, 1, 1
                from c, unnest($1) with ordinality u(id, n)
            )
            select id from c",
        )
        .bind(ids)
        .fetch_one(&self.pool)
        .await?;
        Ok(ConversationId(id))
    }

    /// Adds so many messages, sent by the members in turn, one each second up to now.
    pub async fn create_messages(&self, id: ConversationId, count: usize) -> Result<(), SeedError> {
        sqlx::query(
            "with c as (select position, seq from conversations where id = $1),
            m as (select array_agg(user_id order by user_id) as ids from members where conversation_id = $1)
            insert into messages (conversation_id, position, created_seq, seq, sender_id, body,
                client_id, created_at)
            select $1, c.position + n, c.seq + n, c.seq + n, m.ids[1 + n % cardinality(m.ids)],
                (select string_agg($3[1 + floor(random() * random() * cardinality($3))], ' ')
                    from generate_series(1, 3 + n % 17)),
                'seed-' || (c.position + n), now() - make_interval(secs => $2 - n)
            from c, m, generate_series(1, $2) n",
        )
        .bind(id.0)
        .bind(number(count))
        .bind(words::WORDS)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "update conversations set position = position + $2, seq = seq + $2 where id = $1",
        )
        .bind(id.0)
        .bind(number(count))
        .execute(&self.pool)
        .await?;
        // As the worker of a server would in time.
        sqlx::query("select index_search(array[$1], $2)")
            .bind(id.0)
            .bind(i64::MAX)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Runs vacuum and a checkpoint, so that none caused by the seeding falls into a measurement.
    pub async fn vacuum_and_checkpoint(&self) -> Result<(), SeedError> {
        for statement in ["vacuum (analyze)", "checkpoint"] {
            sqlx::raw_sql(statement).execute(&self.pool).await?;
        }
        Ok(())
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
