//! The groups and channels of the user that are offered for a link: the best match comes first, and of those that are
//! as good, the one that was active last.

use super::offer::Offer;
use crate::{chunks::finding::matching::Sought, client::ChatClient};
use model::ConversationSummary;
use std::cmp::Reverse;

/// So many are offered.
const MAX_OFFERED: usize = 8;

pub fn offered(client: ChatClient, query: &str) -> Vec<Offer> {
    let sought = Sought::new(query);
    client.store.with_untracked(|store| {
        let mine = store.summaries().into_iter().filter(|it| is_mine(it));
        let matching = mine.filter_map(|summary| {
            let about = &summary.conversation;
            let title = about.title.as_deref()?;
            let offer = Offer::Place {
                id: about.id,
                kind: about.kind,
                is_private: about.private,
                title: title.to_owned(),
            };
            Some((sought.find_in(title)?, offer))
        });
        let mut ranked: Vec<_> = matching.collect();
        ranked.sort_by_key(|(matched, _)| Reverse(*matched));
        let offers = ranked.into_iter().take(MAX_OFFERED);
        offers.map(|(_, offer)| offer).collect()
    })
}

fn is_mine(summary: &ConversationSummary) -> bool {
    summary.conversation.kind.is_group() && summary.role.is_some()
}
