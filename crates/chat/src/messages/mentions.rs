//! Who a message mentions: `@username`, members only.

use crate::{Caller, Result};
use model::{MessageId, UserId};
use sqlx::PgConnection;

/// Writes the mentions of a message that says `body` now; answers with whom it mentions.
pub async fn rewrite(
    tx: &mut PgConnection,
    caller: &Caller,
    id: MessageId,
    body: &str,
) -> Result<Vec<UserId>> {
    let names = names(body);
    let mentioned = sqlx::query_scalar!(
        "with gone as (
            delete from mentions where message_id = $1
                and user_id not in (select id from users where username = any($2))
        )
        insert into mentions (conversation_id, user_id, message_id, position)
        select m.conversation_id, u.id, m.id, m.position
        from messages m
        join users u on u.username = any($2) and u.id <> $3
        join members on members.conversation_id = m.conversation_id
            and members.user_id = u.id and members.left_at is null
        where m.id = $1
        on conflict do nothing returning user_id",
        id.0,
        &names,
        caller.user_id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(mentioned.into_iter().map(UserId).collect())
}

/// The usernames that stand after an `@` at the beginning of a word.
pub fn names(body: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut before = ' ';
    for (at, c) in body.char_indices() {
        if c == '@' && !before.is_alphanumeric() {
            let rest = &body[at + 1..];
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c))
                .unwrap_or(rest.len());
            // A full stop may end the sentence instead of belonging to the name.
            let name = rest[..end].trim_end_matches(['.', '-', '_']).to_lowercase();
            if name.len() >= 2 && !names.contains(&name) {
                names.push(name);
            }
        }
        before = c;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn finds_names_at_the_beginning_of_words() {
        assert_eq!(
            names("@ada, ask @Grace.Hopper. And (@linus)!"),
            ["ada", "grace.hopper", "linus"]
        );
        assert_eq!(names("@ada @ada"), ["ada"]);
        assert!(names("mail ada@example.org, @ @x @Ада").is_empty());
    }
}
