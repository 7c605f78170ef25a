//! Who and what may be meant by a name with typing errors. It is looked for where a name finds little, and comes after
//! all that has the name.

use crate::{
    Caller, Chat, Result,
    text::{errors, forgiven},
};
use model::{ConversationId, Member, User};
use sqlx::{PgConnection, types::Json};
use tokio::sync::SemaphorePermit;

/// Names with errors are looked for where a name finds fewer than this.
pub const FEW: usize = 3;

/// Those with the fewest errors are given, at most.
const MAX_NEARLY_NAMED: usize = 5;

/// A name that somebody has typed, folded, and the errors that it may have.
struct Typed<'a> {
    name: String,
    max_errors: i32,
    _turn: SemaphorePermit<'a>,
}

/// Somebody or a place that may be meant, with folded names.
pub struct Candidate {
    /// As `find_places` has it: `person`, `conversation` or `channel`.
    pub place: String,
    pub id: i64,
    username: String,
    name: String,
}

impl Typed<'_> {
    /// Those of the candidates that are meant, those with the fewest errors first.
    fn meant(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let of_name = |name: &str| errors(&self.name, name);
        let meant = candidates.into_iter().filter_map(|it| {
            let found = [of_name(&it.username), of_name(&it.name)];
            Some((found.into_iter().flatten().min()?, it))
        });
        let mut meant: Vec<_> = meant.collect();
        meant.sort_by_key(|(errors, _)| *errors);
        let meant = meant.into_iter().map(|(_, candidate)| candidate);
        meant.take(MAX_NEARLY_NAMED).collect()
    }
}

impl Chat {
    /// `None` for a name that is too short or too long to have errors, or has no letters to mistake, and while all turns
    /// are taken.
    async fn typed_name(&self, db: &mut PgConnection, query: &str) -> Result<Option<Typed<'_>>> {
        let Some(turn) = self.0.nearly_named_turns.take() else {
            return Ok(None);
        };
        let name = sqlx::query_scalar!(r#"select btrim(fold_name($1)) as "name!""#, query)
            .fetch_one(db)
            .await?;
        let max_errors = i32::try_from(forgiven(&name)).unwrap_or_default();
        let has_letters = name.chars().any(char::is_alphanumeric);
        Ok((max_errors > 0 && has_letters).then_some(Typed {
            name,
            max_errors,
            _turn: turn,
        }))
    }

    /// The caller's conversations, channels to join, and people.
    pub(crate) async fn places_nearly_named(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        query: &str,
    ) -> Result<Vec<Candidate>> {
        let Some(typed) = self.typed_name(db, query).await? else {
            return Ok(Vec::new());
        };
        let candidates = sqlx::query_as!(
            Candidate,
            r#"select place as "place!", id as "id!", username as "username!", name as "name!"
            from places_nearly_named($1, $2, $3)"#,
            caller.user_id.0,
            typed.name,
            typed.max_errors
        )
        .fetch_all(db)
        .await?;
        Ok(typed.meant(candidates))
    }

    /// Users, without those who are found already.
    pub(crate) async fn users_nearly_named(
        &self,
        query: &str,
        found: &[User],
    ) -> Result<Vec<User>> {
        let mut db = self.0.db.acquire().await?;
        let Some(typed) = self.typed_name(&mut db, query).await? else {
            return Ok(Vec::new());
        };
        let found: Vec<i64> = found.iter().map(|it| it.id.0).collect();
        let candidates = sqlx::query_as!(
            Candidate,
            r#"select 'person' as "place!", id as "id!", username as "username!", name as "name!"
            from people_nearly_named($1, $2) where id <> all($3)"#,
            typed.name,
            typed.max_errors,
            &found
        )
        .fetch_all(&mut *db)
        .await?;
        let ids: Vec<i64> = typed.meant(candidates).iter().map(|it| it.id).collect();
        let users = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u
            where id = any($1) and deleted_at is null order by array_position($1, id)"#,
            &ids
        )
        .fetch_all(&mut *db)
        .await?;
        let users = users.into_iter().map(|Json(it)| self.with_presence(it));
        Ok(users.collect())
    }

    /// Members of a conversation that the caller may see, without those who are found already.
    pub(crate) async fn members_nearly_named(
        &self,
        id: ConversationId,
        query: &str,
        found: &[Member],
    ) -> Result<Vec<Member>> {
        let mut db = self.0.db.acquire().await?;
        let Some(typed) = self.typed_name(&mut db, query).await? else {
            return Ok(Vec::new());
        };
        let found: Vec<i64> = found.iter().map(|it| it.user.id.0).collect();
        let candidates = sqlx::query_as!(
            Candidate,
            r#"select 'person' as "place!", n.id as "id!", n.username as "username!", n.name as "name!"
            from people_nearly_named($2, $3) n
            join members m on m.user_id = n.id and m.conversation_id = $1 and m.left_at is null
            where n.id <> all($4)"#,
            id.0,
            typed.name,
            typed.max_errors,
            &found
        )
        .fetch_all(&mut *db)
        .await?;
        let ids: Vec<i64> = typed.meant(candidates).iter().map(|it| it.id).collect();
        let members = sqlx::query_scalar!(
            r#"select json as "json!: Json<Member>" from member_json
            where conversation_id = $1 and user_id = any($2) and left_at is null
            order by array_position($2, user_id)"#,
            id.0,
            &ids
        )
        .fetch_all(&mut *db)
        .await?;
        let members = members.into_iter();
        Ok(members
            .map(|Json(it)| self.member_with_presence(it))
            .collect())
    }
}
