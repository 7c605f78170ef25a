//! Comes back after a lost connection, and fetches what was missed.

use super::{
    Live, backoff,
    browser::{self, Heard},
    wires,
};
use crate::{
    json,
    store::{ChatStore, LinkState, Map},
};
use model::{ConversationId, ErrorCode, Event, Sync};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// As `model::SyncRequest`.
#[derive(Serialize)]
struct Known {
    conversations: Map<ConversationId, i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncAnswer {
    #[serde(alias = "items")]
    changes: Vec<Event>,
    has_more: bool,
}

impl Live {
    /// Once, when the page lives.
    pub(super) fn start(self) {
        self.restore_outbox();
        self.keep_outbox();
        wires::connect(Rc::new(move |heard| self.hear(heard)));
        browser::on_wake(wires::reconnect);
    }

    /// When another page takes its place. What still goes on for this one finds no connection.
    pub(super) fn end(self) {
        wires::hang_up();
        self.set_link(LinkState::Offline);
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Event(json) => match json::read(&json) {
                Some(event) => self.take_event(event),
                // A server newer than this page may say what it does not understand.
                None => leptos::logging::warn!("an event was not understood"),
            },
            Heard::Lost => self.set_link(LinkState::Offline),
            // Of no use to try again: signed out, or blocked.
            Heard::Denied(Some(code)) if matches!(&*code, "unauthenticated" | "forbidden") => {
                self.set_link(LinkState::SignedOut);
            }
            Heard::Denied(_) => {
                self.set_link(LinkState::Offline);
                let denials = wires::with(|wires| {
                    wires.denials += 1;
                    wires.denials
                });
                browser::spawn(async move {
                    backoff::pause(denials, 0).await;
                    wires::reconnect();
                });
            }
        }
    }

    fn set_link(self, link: LinkState) {
        if self.store.with_untracked(ChatStore::link) != link {
            self.store.update(|store| store.set_link(link));
        }
    }

    fn take_event(self, event: Event) {
        let is_ready = matches!(event, Event::Ready { .. });
        self.note_delivered(&event);
        self.store.update(|store| {
            store.apply(event);
            if is_ready {
                store.set_link(LinkState::Online);
            }
        });
        if is_ready {
            browser::spawn(self.resume());
        } else {
            self.heal();
        }
    }

    /// After every connect: first what was missed, then what waited here.
    async fn resume(self) {
        wires::with(|wires| {
            wires.denials = 0;
            wires.pause.start_over();
        });
        if let Err(seconds) = self.sync().await {
            // The link may have died again, and then the next `ready` comes here.
            self.heal_after(1, seconds);
        }
        self.note_all_delivered();
        self.report_soon();
        self.flush();
    }

    /// Fetches all that was missed. Where that fails, another try is due after so many seconds.
    async fn sync(self) -> Result<(), u32> {
        loop {
            let conversations = self.store.with_untracked(ChatStore::known_seqs);
            let answer = wires::ask::<SyncAnswer>("sync", &Known { conversations }).await;
            let has_more = match answer {
                Ok(answer) => {
                    let has_more = answer.has_more;
                    self.store.update(|store| {
                        store.apply_sync(Sync {
                            items: answer.changes,
                            has_more,
                        });
                    });
                    has_more
                }
                Err(wires::NoAnswer::Refused(refusal)) => {
                    if refusal.code == ErrorCode::Unauthenticated {
                        self.set_link(LinkState::SignedOut);
                    }
                    return Err(refusal.retry_after.unwrap_or_default());
                }
                Err(wires::NoAnswer::Lost) => return Err(0),
            };
            if !has_more {
                return Ok(());
            }
        }
    }

    /// Fetches what was missed if that does not come by itself in a moment.
    pub(super) fn heal(self) {
        if self.store.with_untracked(ChatStore::is_behind) {
            self.heal_after(0, 0);
        }
    }

    /// After a failure it is due whatever is known: what was missed may be the newest change.
    fn heal_after(self, failures: u32, seconds: u32) {
        if wires::with(|wires| std::mem::replace(&mut wires.healing, true)) {
            return;
        }
        browser::spawn(async move {
            let (mut failures, mut seconds) = (failures, seconds);
            loop {
                backoff::pause(failures, seconds).await;
                let is_due = self.store.with_untracked(|store| {
                    store.link() == LinkState::Online && (failures > 0 || store.is_behind())
                });
                if !is_due {
                    break;
                }
                let synced = self.sync().await;
                if synced.is_ok() && !self.store.with_untracked(ChatStore::is_behind) {
                    break;
                }
                seconds = synced.err().unwrap_or_default();
                failures += 1;
            }
            wires::with(|wires| wires.healing = false);
        });
    }
}
