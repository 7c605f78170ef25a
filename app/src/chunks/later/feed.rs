//! Reads the personal sequence: everything once, then its events, and what was missed of them.

use super::{mutes, notices, state::Later, syncing};
use crate::{
    chunks::polls::votes,
    client::spawn,
    error::AppError,
    json,
    store::{ChatStore, ConnectionStatus, PersonalFields, PersonalStore},
};
use model::{ErrorCode, PersonalEvent};
use std::{cell::Cell, time::Duration};

/// A number that no sequence reaches: the answer has only where the sequence is.
const END: i64 = 1 << 52;

/// After a request that failed, the next one is made so much later.
const RETRY_DELAY: Duration = Duration::from_secs(5);

thread_local! {
    static IS_READING: Cell<bool> = const { Cell::new(false) };
    /// Whether something was told while the answer was on its way, which may not have it.
    static READS_AGAIN: Cell<bool> = const { Cell::new(false) };
}

/// Reads what is not known yet: everything at first.
pub fn catch_up(later: Later) {
    READS_AGAIN.set(true);
    if IS_READING.replace(true) {
        return;
    }
    spawn(async move {
        while READS_AGAIN.replace(false) {
            if read(later).await.is_err() {
                // The next connect tries it as well.
                let retry = move || {
                    let status = later
                        .client
                        .store
                        .with_untracked(ChatStore::connection_status);
                    if status == ConnectionStatus::Online {
                        catch_up(later);
                    }
                };
                leptos::prelude::set_timeout(retry, RETRY_DELAY);
                break;
            }
        }
        IS_READING.set(false);
    });
}

/// An event that the first screen does not know.
pub fn hear(later: Later, text: &str) {
    let event = json::read(text).and_then(PersonalFields::event);
    if let Some(event) = event
        && apply(later, event)
    {
        catch_up(later);
    }
}

/// Applies a change and does what follows from it. Whether changes before it are missing.
fn apply(later: Later, event: PersonalEvent) -> bool {
    // What is read for the first time is merged when all of it is there.
    let known = later.personal.with_untracked(PersonalStore::seq);
    let is_new = known.is_some_and(|known| known < event.seq());
    let news = event.clone();
    let has_gap = later.personal.try_update(|store| store.apply(event));
    match news {
        PersonalEvent::Draft { draft } if is_new => {
            syncing::merge_place(later, (draft.conversation_id, draft.thread_id));
        }
        PersonalEvent::Reminder { reminder } if is_new => notices::tell(later, &reminder),
        PersonalEvent::Vote { vote } => votes::put(*vote),
        _ => {}
    }
    has_gap.unwrap_or_default()
}

async fn read(later: Later) -> Result<(), AppError> {
    let client = later.client;
    if later.personal.with_untracked(|it| it.seq().is_none()) {
        // The number first: what changes while the lists are read comes after it.
        let seq = client.personal_changes(END).await?.seq;
        let drafts = client.drafts().await?;
        let scheduled = client.scheduled_messages().await?;
        let reminders = client.reminders().await?;
        let mutes = match client.mutes().await {
            // A node of an earlier version does not know the address.
            Err(AppError(problem)) if problem.code == ErrorCode::NotFound => Vec::new(),
            answer => answer?,
        };
        later.personal.update(|store: &mut PersonalStore| {
            for it in drafts {
                store.put_draft(it);
            }
            for it in scheduled {
                store.put_scheduled(it);
            }
            for it in reminders {
                store.put_reminder(it);
            }
            for it in mutes {
                store.put_mute(it);
            }
            store.advance(seq);
        });
        syncing::merge_all(later);
    }
    loop {
        let known = later.personal.with_untracked(PersonalStore::seq);
        let page = client.personal_changes(known.unwrap_or(0)).await?;
        for event in page.items.into_iter().filter_map(PersonalFields::event) {
            apply(later, event);
        }
        later.personal.update(|store| store.advance(page.seq));
        if !page.has_more {
            break;
        }
    }
    // What was written here while it was away.
    syncing::push_all(later);
    mutes::take_over(later);
    Ok(())
}
