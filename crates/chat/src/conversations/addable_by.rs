//! Who may put a user into groups and channels: a choice of the user's.

use crate::{Caller, Chat, Error, Result};
use model::{AddableBy, ConversationId, UserId};
use sqlx::PgConnection;

/// People who are named in a refusal.
const MAX_NAMED: i64 = 3;

impl Chat {
    /// The caller's choice.
    pub async fn addable_by(&self, caller: &Caller) -> Result<AddableBy> {
        let choice = sqlx::query_scalar!(
            "select addable_by from users where id = $1",
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(parse_addable_by(&choice))
    }

    /// Chooses who may put the caller into groups and channels. Memberships stay as they are, and anybody
    /// may still write to the caller directly.
    pub async fn set_addable_by(&self, caller: &Caller, choice: AddableBy) -> Result<()> {
        sqlx::query!(
            "update users set addable_by = $2 where id = $1 and addable_by <> $2",
            caller.user_id.0,
            addable_by_text(choice)
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }
}

/// Refuses to add people who do not let the caller do so. Those who are members of `into` already are not
/// asked. To be called before they are added: a contact is somebody with whom the caller shares a group or
/// a private channel, or whose direct message the caller has. Public channels do not count, because anybody
/// can join one.
///
/// # Errors
/// `NotAddable`, with the names of the first of them.
pub(crate) async fn require_addable(
    tx: &mut PgConnection,
    caller: &Caller,
    into: Option<ConversationId>,
    people: &[UserId],
) -> Result<()> {
    let people: Vec<_> = people.iter().map(|id| id.0).collect();
    let refused = sqlx::query_scalar!(
        "select u.name from users u
        where u.id = any($2) and u.id <> $1 and u.addable_by <> 'everybody'
            and not exists (select from members m
                where m.conversation_id = $3 and m.user_id = u.id and m.left_at is null)
            and (u.addable_by = 'nobody' or not (
                exists (select from members theirs
                    join members mine on mine.conversation_id = theirs.conversation_id
                        and mine.user_id = $1 and mine.left_at is null
                    join conversations c on c.id = theirs.conversation_id
                    where theirs.user_id = u.id and theirs.left_at is null
                        and c.private and c.kind in ('group', 'channel'))
                or exists (select from conversations c
                    join messages said on said.conversation_id = c.id
                    where c.kind = 'direct' and c.low_user_id = least($1, u.id)
                        and c.high_user_id = greatest($1, u.id)
                        and said.sender_id = u.id and said.kind <> 'system')
            ))
        order by u.name, u.id limit $4",
        caller.user_id.0,
        &people,
        into.map(|id| id.0),
        MAX_NAMED
    )
    .fetch_all(tx)
    .await?;
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Error::NotAddable(refused))
    }
}

fn parse_addable_by(text: &str) -> AddableBy {
    match text {
        "contacts" => AddableBy::Contacts,
        "nobody" => AddableBy::Nobody,
        _ => AddableBy::Everybody,
    }
}

fn addable_by_text(choice: AddableBy) -> &'static str {
    match choice {
        AddableBy::Everybody => "everybody",
        AddableBy::Contacts => "contacts",
        AddableBy::Nobody => "nobody",
    }
}
