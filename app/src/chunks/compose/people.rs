//! The members of a conversation who are offered for a mention: those whose names have the accents of the query come
//! first, then those who are here, then those who have written last, then all others; at last those of whom only the
//! server says that they are meant.

use super::offer::Offer;
use crate::{
    chunks::finding::matching::Sought,
    client::{ChatClient, fold_name, is_alphanumeric},
    store::ChatStore,
};
use model::{ConversationId, PresenceStatus, User, UserId};

/// So many are offered.
const MAX_OFFERED: usize = 8;

/// Members who are known and match, and those whom the server has found.
pub fn offered(client: ChatClient, id: ConversationId, query: &str, found: &[UserId]) -> Vec<User> {
    let sought = Sought::new(query);
    client.store.with_untracked(|store| {
        let me = store.me.user.id;
        let members = store.members(id).unwrap_or_default();
        let writers = recent_writers(store, id);
        let mut ranked: Vec<_> = members
            .into_iter()
            .map(|member| &member.user)
            .filter(|user| user.id != me)
            .filter_map(|user| {
                let is_match = matches(user, &sought.name);
                if !is_match && !found.contains(&user.id) {
                    return None;
                }
                let has_accents = sought.is_written_in(&user.name);
                let is_away = store.presence(user.id) == PresenceStatus::Offline;
                let wrote = writers.iter().position(|id| *id == user.id);
                let rank = (!is_match, !has_accents, is_away, wrote.is_none(), wrote);
                Some((rank, user))
            })
            .collect();
        ranked.sort_by(|(a, x), (b, y)| (a, &x.name).cmp(&(b, &y.name)));
        let users = ranked.into_iter().take(MAX_OFFERED);
        users.map(|(_, user)| user.clone()).collect()
    })
}

/// Those of the people that the server has found who are not known to be members.
pub fn others(client: ChatClient, id: ConversationId, found: Vec<User>) -> Vec<Offer> {
    client.store.with_untracked(|store| {
        let members = store.members(id).unwrap_or_default();
        let is_member = |user: &User| members.iter().any(|member| member.user.id == user.id);
        let others = found.into_iter().filter(|user| !is_member(user));
        others.take(MAX_OFFERED).map(Offer::Person).collect()
    })
}

/// Whether the name or the username has the query; it has not where the server has forgiven typing errors.
pub fn is_named(user: &User, query: &str) -> bool {
    let sought = Sought::new(query);
    let mut names = [&user.name, &user.username].into_iter();
    names.any(|name| sought.find_in(name).is_some())
}

/// Whether the username or a word of the name begins with a folded query.
fn matches(user: &User, query: &str) -> bool {
    let name = fold_name(&user.name);
    let mut words = name.split(|c| !is_alphanumeric(c));
    fold_name(&user.username).starts_with(query)
        || name.starts_with(query)
        || words.any(|word| word.starts_with(query))
}

/// Those who have written, the last first.
fn recent_writers(store: &ChatStore, id: ConversationId) -> Vec<UserId> {
    let Some(timeline) = store.timeline(id) else {
        return Vec::new();
    };
    let mut writers = Vec::new();
    for message in timeline.messages().rev() {
        if !writers.contains(&message.sender.id) {
            writers.push(message.sender.id);
        }
    }
    writers
}
