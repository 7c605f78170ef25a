//! Mentions: `@username` in a body, where the user is a member of the conversation.

use crate::Result;
use model::{Message, UserId};
use sqlx::PgConnection;

/// Replaces the mentions of an edited message by those of its new body; returns the users whose
/// mention has come or gone.
pub async fn rewrite(tx: &mut PgConnection, message: &Message) -> Result<Vec<UserId>> {
    let names = names(&message.body);
    let changed = sqlx::query_scalar!(
        r#"with mentioned as (
            select id from mentioned_members($2, $4, $5) m(id)
        ), removed as (
            delete from mentions where message_id = $1 and user_id not in (select id from mentioned)
            returning user_id
        ), added as (
            insert into mentions (message_id, conversation_id, position, user_id)
            select $1, $2, $3, id from mentioned
            on conflict do nothing returning user_id
        )
        select user_id as "user_id!" from removed union select user_id from added"#,
        message.id.0,
        message.conversation_id.0,
        message.position,
        message.sender.id.0,
        &names
    )
    .fetch_all(tx)
    .await?;
    Ok(changed.into_iter().map(UserId).collect())
}

/// The usernames after an `@` that does not follow a letter or digit: lower case, each once, two
/// characters at least.
pub fn names(body: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut previous = ' ';
    for (at, c) in body.char_indices() {
        if c == '@' && !previous.is_alphanumeric() {
            let rest = &body[at + 1..];
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c))
                .unwrap_or(rest.len());
            // Punctuation at the end belongs to the sentence, not to the name.
            let name = rest[..end].trim_end_matches(['.', '-', '_']).to_lowercase();
            if name.len() >= 2 && !names.contains(&name) {
                names.push(name);
            }
        }
        previous = c;
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
