//! Muted conversations: what is muted on one device is muted on all of the user's, and a mute ends on each of them by the
//! clock of the device.

use super::state::{Later, for_the_page, known};
use crate::{
    client::{ChatClient, now, sleep, spawn},
    erased_signal::effect,
    error::AppError,
};
use leptos::prelude::*;
use model::{ConversationId, ErrorCode, Mute, NewMute};
use std::{cell::Cell, time::Duration};
use time::OffsetDateTime;

/// How late a mute may end where the device's clock was set meanwhile.
const MAX_DELAY: Duration = Duration::from_mins(1);

/// Between two mutes that are taken over, in milliseconds: the user's own changes count for the same limit.
const TAKE_OVER_PAUSE: u32 = 200;

/// The server takes no mute that ends sooner.
const MIN_REST: time::Duration = time::Duration::seconds(30);

thread_local! {
    static TAKES_OVER: Cell<bool> = const { Cell::new(false) };
}

/// Mutes or unmutes a conversation, and shows it at once. On failure it shows what is known; the connection banner reports
/// a lost connection.
pub fn toggle(client: ChatClient, id: ConversationId, is_muted: bool) {
    client.store.update(|store| store.note_muted(id, is_muted));
    spawn(async move {
        let taken = if is_muted {
            mute(client, id, None).await
        } else {
            unmute(client, id).await
        };
        if taken.is_err() {
            match known().filter(|later| later.personal.with_untracked(|it| it.seq().is_some())) {
                // What another device has changed meanwhile stands.
                Some(later) => later.clock.set(()),
                None => client.store.update(|store| store.note_muted(id, !is_muted)),
            }
        }
    });
}

/// Mutes a conversation without an end, or for so many seconds by the server's clock.
pub async fn mute(
    client: ChatClient,
    id: ConversationId,
    seconds: Option<u32>,
) -> Result<(), AppError> {
    let new = NewMute {
        seconds,
        ..NewMute::default()
    };
    take(client, client.set_mute(id, &new).await?);
    Ok(())
}

pub async fn unmute(client: ChatClient, id: ConversationId) -> Result<(), AppError> {
    take(client, client.unmute(id).await?);
    Ok(())
}

/// An answer of the server. Its event, or a later one, may have come before it.
fn take(client: ChatClient, mute: Mute) {
    let (id, is_muted) = (mute.conversation_id, mute.muted);
    let is_read = known().is_some_and(|later| {
        let is_read = later.personal.try_update(|personal| {
            personal.put_mute(mute);
            personal.seq().is_some()
        });
        is_read.unwrap_or_default()
    });
    // Until the list is read, this is all that is known.
    if !is_read {
        client.store.update(|store| store.note_muted(id, is_muted));
    }
}

/// Shows what is muted whenever that changes, and when a mute ends.
pub fn mount(later: Later) {
    for_the_page(|| {
        effect(move || {
            later.clock.track();
            let now = now();
            let known = later.personal.with(|it| it.seq().map(|_| it.muted_at(now)));
            let Some((muted, next)) = known else { return };
            later.client.store.update(|store| store.set_muted(muted));
            let Some(delay) = next.and_then(|it| Duration::try_from(it - now).ok()) else {
                return;
            };
            // Not a moment too soon: a browser's clock has milliseconds.
            let delay = (delay + Duration::from_millis(1)).min(MAX_DELAY);
            if let Ok(timer) = set_timeout_with_handle(move || later.clock.set(()), delay) {
                on_cleanup(move || timer.clear());
            }
        });
    });
}

/// Gives the account what only this browser had muted. What the user has muted or unmuted since stays as it is. What
/// cannot be given now is tried again after the next connect.
pub fn take_over(later: Later) {
    let client = later.client;
    let kept = client.old_mutes();
    if kept.is_empty() || TAKES_OVER.replace(true) {
        return;
    }
    spawn(async move {
        for (id, end) in kept {
            let until = end.and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
            if until.is_none_or(|until| until > now() + MIN_REST) {
                let new = NewMute {
                    until,
                    unless_set: true,
                    ..NewMute::default()
                };
                match client.set_mute(id, &new).await {
                    Ok(mute) => take(client, mute),
                    // Nodes of an earlier version do not know the address.
                    Err(AppError(problem)) if is_final(problem.code) && !is_there(client, id) => {}
                    Err(_) => break,
                }
                sleep(TAKE_OVER_PAUSE).await;
            }
            client.forget_old_mute(id);
        }
        TAKES_OVER.set(false);
    });
}

fn is_there(client: ChatClient, id: ConversationId) -> bool {
    client
        .store
        .with_untracked(|store| store.summary(id).is_some())
}

/// Whether the same request would be refused again.
fn is_final(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Invalid | ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::Conflict
    )
}
