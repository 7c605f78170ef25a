//! The sweep: whether the database has anything that the doors of this node have not been told.
//! It finds what nobody is going to say any more: the last words of a node that died.

use super::{Nodes, SETTLING, lock};
use crate::{Chat, Delivery, Parts, Result, events::Frame};
use model::{Announcement, AnnouncementId, Event};
use sqlx::types::Json;
use std::{
    collections::BTreeSet,
    sync::{Weak, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// While the bus is up it is only for what should not be: see `peers` for what should.
const UP: Duration = Duration::from_secs(20);

/// While it is down, this is how nodes hear each other.
const DOWN: Duration = Duration::from_secs(1);

/// A sweep takes this part of the time at most.
const PART: u32 = 10;

/// Conversations per query.
const AT_ONCE: usize = 1000;

/// Announcements that are made good.
const ANNOUNCEMENTS: i64 = 50;

/// Which announcements the doors of this node have been told.
#[derive(Default)]
pub struct Announced {
    /// All up to this one; unknown at first.
    up_to: Option<AnnouncementId>,
    since: BTreeSet<AnnouncementId>,
}

impl Announced {
    /// Whether it is news.
    fn note(&mut self, id: AnnouncementId) -> bool {
        self.up_to.is_none_or(|up_to| id > up_to) && self.since.insert(id)
    }
}

pub async fn run(chat: Weak<Parts>) {
    let mut pause = DOWN;
    let mut sweeps = 0_u32;
    loop {
        let Some(nodes) = chat.upgrade().and_then(|it| it.events.nodes().cloned()) else {
            return;
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = nodes.sweep.notified() => {}
            () = nodes.stopped() => return,
        }
        let Some(chat) = chat.upgrade().map(Chat) else {
            return;
        };
        sweeps = sweeps.wrapping_add(1);
        let start = Instant::now();
        let is_up = nodes.is_up();
        // Without the bus, everything that it would have told is in doubt.
        let doubts = nodes.doubts.swap(false, Relaxed) || (!is_up && sweeps.is_multiple_of(3));
        if let Err(error) = chat.sweep(&nodes, doubts).await {
            tracing::warn!(?error, "the sweep failed");
            nodes.doubts.fetch_or(doubts, Relaxed);
            pause = DOWN;
            continue;
        }
        let usual = if nodes.is_up() { UP } else { DOWN };
        pause = usual.max(start.elapsed() * PART);
    }
}

impl Chat {
    async fn sweep(&self, nodes: &Nodes, doubts: bool) -> Result<()> {
        let conversations = lock(&nodes.sequencer).conversations();
        for chunk in conversations.chunks(AT_ONCE) {
            let ids: Vec<_> = chunk.iter().map(|id| id.0).collect();
            let heads = sqlx::query!("select id, seq from conversations where id = any($1)", &ids)
                .fetch_all(&self.0.db)
                .await?;
            // While nothing is on its way there is nothing to wait for.
            let patience = if nodes.is_up() {
                SETTLING
            } else {
                Duration::ZERO
            };
            let due = Instant::now() + patience;
            nodes.sequence(|sequencer, _| {
                let mut missing: BTreeSet<_> = chunk.iter().copied().collect();
                for row in heads {
                    let id = row.id.into();
                    missing.remove(&id);
                    sequencer.note_head(id, row.seq, due);
                }
                for id in missing {
                    sequencer.look(id, due);
                }
            });
        }
        self.sweep_announcements(nodes).await?;
        if doubts {
            self.0.contacts.invalidate_all();
            self.check_memberships(nodes).await?;
            self.check_sessions(nodes).await?;
        }
        Ok(())
    }

    async fn sweep_announcements(&self, nodes: &Nodes) -> Result<()> {
        let Some(up_to) = lock(&nodes.announced).up_to else {
            let newest =
                sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "id!" from announcements"#)
                    .fetch_one(&self.0.db)
                    .await?;
            lock(&nodes.announced).up_to = Some(AnnouncementId(newest));
            return Ok(());
        };
        let made = sqlx::query_scalar!(
            r#"select json as "json!: Json<Announcement>" from announcement_json
            where id > $1 order by id limit $2"#,
            up_to.0,
            ANNOUNCEMENTS
        )
        .fetch_all(&self.0.db)
        .await?;
        let Some(Json(Announcement { id: newest, .. })) = made.last() else {
            return Ok(());
        };
        let newest = *newest;
        let made = made.into_iter().map(|Json(it)| it);
        let missed: Vec<_> = made
            .filter(|it| lock(&nodes.announced).note(it.id))
            .collect();
        if !missed.is_empty() {
            let told = self.0.presence.connected();
            self.mark_all_announced(&told, newest).await?;
        }
        for announcement in missed {
            self.0.events.tell_here(Delivery::Emit {
                audience: crate::Audience::Everyone,
                except: None,
                event: Event::AnnouncementMade(announcement),
            });
        }
        let mut announced = lock(&nodes.announced);
        announced.up_to = Some(newest);
        announced.since = announced.since.split_off(&newest);
        Ok(())
    }
}

impl Nodes {
    /// Whether it tells of an announcement that the doors have been told.
    pub(super) fn is_told_already(&self, frame: &Frame) -> bool {
        match frame.deliveries.first().map(|it| &**it) {
            Some(Delivery::Emit {
                event: Event::AnnouncementMade(announcement),
                ..
            }) => !lock(&self.announced).note(announcement.id),
            _ => false,
        }
    }
}
