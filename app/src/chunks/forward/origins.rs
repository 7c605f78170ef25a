//! Where forwarded messages come from, for the rows that ask: one request for all that ask at once.

use crate::{
    client::{ChatClient, spawn},
    erased_signal::ErasedSignal,
    ui::escape_html,
};
use leptos::prelude::*;
use model::{MessageId, Origin};
use std::{cell::RefCell, time::Duration};

/// Rows that are built together ask within this time.
const GATHER_DELAY: Duration = Duration::from_millis(20);

/// Messages of one request.
const MAX_ASKED: usize = 100;

type Asking = (MessageId, ErasedSignal<String>);

thread_local! {
    static ASKING: RefCell<Vec<Asking>> = const { RefCell::new(Vec::new()) };
}

/// Sets the link once it is known; empty where the user may not see the original. Without an answer it stays.
pub fn ask(client: ChatClient, id: MessageId, link: ErasedSignal<String>) {
    let is_first = ASKING.with_borrow_mut(|asking| {
        asking.push((id, link));
        asking.len() == 1
    });
    if is_first {
        set_timeout(move || spawn(answer(client)), GATHER_DELAY);
    }
}

async fn answer(client: ChatClient) {
    let asking = ASKING.take();
    for asking in asking.chunks(MAX_ASKED) {
        let ids: Vec<_> = asking.iter().map(|(id, _)| *id).collect();
        let Ok(origins) = client.origins(&ids).await else {
            continue;
        };
        for (id, link) in asking {
            let origin = origins.iter().find(|it| it.message_id == *id);
            // The row may be gone by now.
            if link.try_get_untracked().is_some() {
                link.set(origin.map_or_else(String::new, |it| link_html(client, it)));
            }
        }
    }
}

fn link_html(client: ChatClient, origin: &Origin) -> String {
    let (id, original) = (origin.conversation_id, origin.original_id);
    let title = origin.title.clone().or_else(|| {
        // A direct conversation is called after the other one.
        let store = client.store;
        store.with_untracked(|store| store.title(id).map(str::to_owned))
    });
    let place = title.map_or_else(String::new, |it| {
        format!(" · <bdi>{}</bdi>", escape_html(&it))
    });
    format!(r#"{place} · <a href="/c/{id}/m/{original}" class="link">Show original</a>"#)
}
