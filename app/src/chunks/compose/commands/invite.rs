//! `/invite @name…`: adds people, who are named as mentions name them.

use crate::{client::ChatClient, error::AppError, ui::in_words};
use model::{ConversationId, MemberRole, NewMembers, User};

/// The usernames in a text, without their signs.
pub fn usernames(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    let names = words.map(|word| word.trim_start_matches(['@', '＠']));
    names.filter(|name| !name.is_empty()).collect()
}

/// What was done, or why it was not.
pub async fn invite(
    client: ChatClient,
    id: ConversationId,
    arguments: &str,
) -> Result<String, String> {
    let usernames = usernames(arguments);
    if usernames.is_empty() {
        return Err("Name those whom you invite: /invite @name".to_owned());
    }
    let mut users: Vec<User> = Vec::new();
    for username in usernames {
        let user = find(client, username).await?;
        if users.iter().all(|it| it.id != user.id) {
            users.push(user);
        }
    }
    let new = NewMembers {
        user_ids: users.iter().map(|user| user.id).collect(),
        role: MemberRole::Member,
    };
    let added = client.add_members(id, new).await;
    added.map_err(|AppError(problem)| in_words(&problem))?;
    let names: Vec<_> = users.into_iter().map(|user| user.name).collect();
    Ok(format!("Added: {}", names.join(", ")))
}

async fn find(client: ChatClient, username: &str) -> Result<User, String> {
    let found = client.search_users(username.to_owned()).await;
    let found = found.map_err(|AppError(problem)| in_words(&problem))?;
    let mut found = found.into_iter();
    let user = found.find(|user| user.username.eq_ignore_ascii_case(username));
    user.ok_or_else(|| format!("There is nobody with the username {username}."))
}

#[cfg(test)]
mod tests {
    use super::usernames;

    #[test]
    fn usernames_are_words_with_or_without_a_sign() {
        assert_eq!(
            usernames(" @ada, grace\n＠linus @"),
            ["ada", "grace", "linus"]
        );
        assert!(usernames(" , @ ").is_empty());
    }
}
