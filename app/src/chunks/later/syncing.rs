//! Keeps the drafts of this browser and those of the server the same. What is written is in `localStorage` first
//! (`client/drafts.rs`); a difference to what the server has had last is a change, whenever it was made.

use super::{
    boxes,
    merge::{Merge, merge},
    state::Later,
};
use crate::{
    chunks::compose::length,
    client::{DraftContent, SyncedDraft, spawn, tend_uploads},
    error::AppError,
    store::{ChatStore, ConnectionStatus, DraftPlace, PersonalStore},
};
use model::{Draft, DraftChange, ErrorCode, UploadId};
use std::{cell::RefCell, time::Duration};

/// After a request that failed, the next one is made so much later.
const RETRY_DELAY: Duration = Duration::from_secs(3);

thread_local! {
    /// The changes that are on their way.
    static PUSHED: RefCell<Vec<(DraftPlace, DraftContent)>> = const { RefCell::new(Vec::new()) };
    /// What the server has refused for good, such as a text that is too long: it is not sent again.
    static REFUSED: RefCell<Vec<(DraftPlace, DraftContent)>> = const { RefCell::new(Vec::new()) };
}

/// After the lists were read for the first time. A draft that is not among them was sent or removed elsewhere.
pub fn merge_all(later: Later) {
    let mut places = later.client.written_places();
    let listed = later.personal.with_untracked(PersonalStore::draft_places);
    places.extend(listed);
    for place in places {
        merge_place(later, place);
    }
}

/// Brings together what is written here and what the server has.
pub fn merge_place(later: Later, place: DraftPlace) {
    let client = later.client;
    // What was written for a conversation that is lost is shown where it was (`kept_words.rs`).
    let is_lost = client
        .store
        .with_untracked(|store| store.summary(place.0).is_none());
    if is_lost {
        return;
    }
    let come = later
        .personal
        .with_untracked(|store| store.draft(place).cloned());
    let synced = client.synced(place);
    let content = come.as_ref().map(DraftContent::of).unwrap_or_default();
    if let Some(come) = &come {
        if come.seq <= synced.seq {
            return;
        }
    } else if synced.content.is_empty() {
        return;
    }
    let written = client.written(place);
    let editor = come.as_ref().and_then(|it| it.editor_id.as_deref());
    let is_own = editor.is_some_and(|editor| client.is_own_editor(editor));
    let known = SyncedDraft {
        seq: come.as_ref().map_or(0, |it| it.seq),
        content,
    };
    // What is told before the answer: what is written here may be another by now.
    let is_echo = is_own
        && PUSHED.with_borrow(|all| {
            let mut all = all.iter();
            all.any(|(it, pushed)| *it == place && *pushed == known.content)
        });
    let merged = if is_echo {
        Merge::Keep
    } else {
        merge(&written, &synced.content, &known.content, is_own)
    };
    match merged {
        Merge::Drop(lost) => {
            settle(later, place);
            client.set_synced(place, &known);
            drop_files(later, place, &lost);
            later.look_soon();
        }
        Merge::Keep => {
            settle(later, place);
            client.set_synced(place, &known);
            later.look_soon();
        }
        Merge::Take => {
            settle(later, place);
            client.set_synced(place, &known);
            take(later, place, come.as_ref(), false);
        }
        Merge::Ask => {
            let Some(come) = come else { return };
            later.conflicts.update(|all| {
                all.retain(|it| (it.conversation_id, it.thread_id) != place);
                all.push(come);
            });
        }
    }
}

/// Writes what the server has, here and in the box if it is shown. Files that the server has not heard of stay, unless
/// what is written here is let go.
fn take(later: Later, place: DraftPlace, draft: Option<&Draft>, is_let_go: bool) {
    let before = later.client.written(place).body;
    let had_files = !later.client.kept_files(place.0, place.1).is_empty();
    let body = draft.map_or("", |it| &it.body);
    let quote = draft.and_then(|it| it.reply_to.as_ref());
    let uploads = draft.map_or(&[][..], |it| &it.uploads);
    later.client.set_written(place, body, quote);
    later.client.set_uploads_in_tray(place, uploads, is_let_go);
    if had_files {
        // What was removed elsewhere is not uploaded any further.
        tend_uploads(later.client);
    }
    boxes::show_written(later, place, &before, body);
}

/// Takes files out of a tray that the draft has lost: they were removed, sent or scheduled elsewhere.
fn drop_files(later: Later, place: DraftPlace, lost: &[UploadId]) {
    if later.client.take_from_tray(place, lost) {
        tend_uploads(later.client);
    }
}

/// There is nothing to decide in a place any more.
fn settle(later: Later, place: DraftPlace) {
    let has_one = later
        .conflicts
        .with_untracked(|all| all.iter().any(|it| place_of(it) == place));
    if has_one {
        later
            .conflicts
            .update(|all| all.retain(|it| place_of(it) != place));
    }
}

/// What was decided in another tab of this browser is decided here as well.
pub fn forget_decided(later: Later) {
    let conflicts = later.conflicts.get_untracked();
    for other in conflicts {
        if later.client.synced(place_of(&other)).seq >= other.seq {
            settle(later, place_of(&other));
        }
    }
}

/// What another device has written takes the place of what is written here, or is let go.
pub fn decide(later: Later, other: &Draft, is_used: bool) {
    let place = place_of(other);
    settle(later, place);
    let known = SyncedDraft {
        seq: other.seq,
        content: DraftContent::of(other),
    };
    later.client.set_synced(place, &known);
    if is_used {
        take(later, place, Some(other), true);
    } else {
        push(later, place);
    }
}

/// Removes what is written in a place, here and on the server.
pub fn let_go(later: Later, place: DraftPlace) {
    let known = later
        .personal
        .with_untracked(|store| store.draft(place).cloned());
    if let Some(known) = known {
        let content = DraftContent::of(&known);
        later.client.set_synced(
            place,
            &SyncedDraft {
                seq: known.seq,
                content,
            },
        );
    }
    settle(later, place);
    take(later, place, None, true);
    push(later, place);
}

fn place_of(draft: &Draft) -> DraftPlace {
    (draft.conversation_id, draft.thread_id)
}

/// Sends every change that was made here.
pub fn push_all(later: Later) {
    for place in later.client.written_places() {
        push(later, place);
    }
}

/// The change that was made in a place. `None` if there is none, or if the user has to decide first.
fn change(later: Later, place: DraftPlace) -> Option<DraftChange> {
    let client = later.client;
    let is_loaded = later.personal.with_untracked(|it| it.seq().is_some());
    let is_open = later
        .conflicts
        .with_untracked(|all| all.iter().any(|it| place_of(it) == place));
    let (written, synced) = (client.written(place), client.synced(place));
    let is_refused = REFUSED.with_borrow(|all| all.contains(&(place, written.clone())));
    // What is too long to be sent stays in this browser until it fits.
    let is_too_long = written.body.chars().count() > length::MAX;
    if !is_loaded || is_open || is_refused || is_too_long || written == synced.content {
        return None;
    }
    // The send removes it.
    if client.is_draft_on_its_way(place, &written) {
        return None;
    }
    Some(DraftChange {
        body: written.body,
        reply_to_id: written.reply_to_id,
        thread_id: place.1,
        base: synced.seq,
        editor_id: Some(client.editor_id()),
        attachment_ids: Some(written.upload_ids),
        poll: model::NoPoll,
    })
}

/// What a draft has in it after a change.
fn content_of(change: &DraftChange) -> DraftContent {
    DraftContent {
        body: change.body.clone(),
        reply_to_id: change.reply_to_id,
        upload_ids: change.attachment_ids.clone().unwrap_or_default(),
    }
}

/// What is written while the page is offline, or has ended, goes up when it is online again.
fn is_online(later: Later) -> bool {
    let status = later
        .client
        .store
        .with_untracked(ChatStore::connection_status);
    status == ConnectionStatus::Online
}

fn push(later: Later, place: DraftPlace) {
    let client = later.client;
    let is_pushed = |all: &Vec<(DraftPlace, DraftContent)>| all.iter().any(|(it, _)| *it == place);
    if !is_online(later) || PUSHED.with_borrow(is_pushed) {
        return;
    }
    let Some(change) = change(later, place) else {
        return;
    };
    PUSHED.with_borrow_mut(|all| all.push((place, content_of(&change))));
    spawn(async move {
        let answer = client.save_draft(place.0, &change).await;
        PUSHED.with_borrow_mut(|all| all.retain(|(it, _)| *it != place));
        match answer {
            Ok(answer) => {
                // The event may have come before, or a later one. 0: there has never been a draft.
                let seq = answer.draft.seq;
                if answer.saved && (seq == 0 || client.synced(place).seq <= seq) {
                    let content = DraftContent::of(&answer.draft);
                    let mut left_out = content_of(&change).upload_ids;
                    left_out.retain(|id| !content.upload_ids.contains(id));
                    client.set_synced(place, &SyncedDraft { seq, content });
                    drop_files(later, place, &left_out);
                }
                let draft = answer.draft;
                later.personal.update(|store| store.put_draft(draft));
                merge_place(later, place);
                // What was written while it was on its way.
                later.look_soon();
            }
            Err(AppError(problem)) => {
                let is_final = matches!(
                    problem.code,
                    ErrorCode::Invalid
                        | ErrorCode::NotFound
                        | ErrorCode::Forbidden
                        | ErrorCode::Conflict
                );
                if is_final {
                    REFUSED.with_borrow_mut(|all| {
                        all.retain(|(it, _)| *it != place);
                        all.push((place, content_of(&change)));
                    });
                } else {
                    leptos::prelude::set_timeout(move || push(later, place), RETRY_DELAY);
                }
            }
        }
    });
}

/// Sends what was changed as the page goes, or is hidden.
pub fn push_at_last(later: Later) {
    if !is_online(later) {
        return;
    }
    for place in later.client.written_places() {
        if let Some(change) = change(later, place) {
            later.client.save_draft_at_last(place.0, &change);
        }
    }
}
