//! Telling who came and went: what has changed in the end, many at once, and never so much that
//! messages have to wait.

use super::{MOST_SHOWN, devices::Change};
use crate::{Audience, Chat, Delivery, Result};
use model::{ConversationId, Event, Presence, PresenceStatus, UserId};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use tokio::{sync::OwnedMutexGuard, time::sleep};

/// Users whose changes are told together.
const AT_ONCE: usize = 500;

/// How many devices are told of changes per second. When thousands come back at once, each hears of
/// the others a little later.
const DEVICES_PER_SECOND: f64 = 50_000.0;

/// So much at once keeps nobody waiting.
const BURST: Duration = Duration::from_millis(100);

/// When the database does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// The right to tell, one at a time.
#[derive(Default)]
pub struct Turn {
    /// Not before what was told last has been worked off.
    not_before: Option<Instant>,
    /// Whether somebody is waiting for that.
    is_awaited: bool,
}

/// Those who hear of a user.
#[derive(Default)]
struct Circle {
    conversations: Vec<ConversationId>,
    members: i64,
}

impl Chat {
    /// Tells what has changed, beside what is being done.
    pub(crate) fn tell_presence_soon(&self) {
        if !self.0.presence.lock().has_changes() {
            return;
        }
        // Whoever has the turn looks again when they are done.
        if let Ok(turn) = self.0.presence.turn.clone().try_lock_owned() {
            let chat = self.clone();
            tokio::spawn(async move { chat.tell_presence(turn).await });
        }
    }

    /// Has told what had changed, unless there is too much of it.
    pub(super) async fn tell_presence_now(&self) {
        let turn = self.0.presence.turn.clone().lock_owned().await;
        self.tell_presence(turn).await;
    }

    async fn tell_presence(&self, mut turn: OwnedMutexGuard<Turn>) {
        loop {
            if let Some(wait) = turn.wait() {
                if !std::mem::replace(&mut turn.is_awaited, true) {
                    self.tell_presence_after(wait);
                }
                return;
            }
            let changes = self.0.presence.lock().take_changes(AT_ONCE);
            if changes.is_empty() {
                drop(turn);
                // Somebody may have come while there was no turn to be had.
                if !self.0.presence.lock().has_changes() {
                    return;
                }
                match self.0.presence.turn.clone().try_lock_owned() {
                    Ok(again) => turn = again,
                    Err(_) => return,
                }
                continue;
            }
            let untold = self.tell_changes(&changes, &mut turn).await;
            if let Err(error) = untold {
                tracing::warn!(?error, "who came and went could not be told");
                self.0.presence.lock().put_back(changes);
                turn.not_before = Some(Instant::now() + PAUSE);
            }
        }
    }

    fn tell_presence_after(&self, wait: Duration) {
        let chat = self.clone();
        tokio::spawn(async move {
            sleep(wait).await;
            let mut turn = chat.0.presence.turn.clone().lock_owned().await;
            turn.is_awaited = false;
            Box::pin(chat.tell_presence(turn)).await;
        });
    }

    async fn tell_changes(&self, changes: &[(UserId, Change)], turn: &mut Turn) -> Result<()> {
        let mut circles = self.circles(changes).await?;
        let left = changes.iter().filter(|(id, change)| {
            change.is_ours && self.0.presence.status(*id) == PresenceStatus::Offline
        });
        let seen = self.note_last_seen(left.map(|(id, _)| *id)).await?;
        let most = self.0.presence.lock().devices_here();
        let mut changes: Vec<_> = changes
            .iter()
            .filter_map(|(id, change)| {
                let circle = circles.remove(id)?;
                let members = usize::try_from(circle.members).unwrap_or(usize::MAX);
                Some((members.min(most), *id, *change, circle))
            })
            .collect();
        // Small circles first: they do not wait for the large ones.
        changes.sort_unstable_by_key(|(devices, ..)| std::cmp::Reverse(*devices));
        while let Some((devices, user_id, change, circle)) = changes.pop() {
            let status = self.0.presence.status(user_id);
            if status == change.told || circle.conversations.is_empty() {
                continue;
            }
            let gone = status == PresenceStatus::Offline;
            let last_seen_at = seen
                .get(&user_id)
                .copied()
                .or(change.last_seen_at)
                .or_else(|| gone.then(OffsetDateTime::now_utc));
            self.0.events.tell_here(Delivery::Emit {
                audience: Audience::Conversations(circle.conversations),
                except: None,
                event: Event::PresenceChanged(Presence {
                    user_id,
                    status,
                    last_seen_at,
                }),
            });
            turn.spend(devices);
            if turn.wait().is_some() {
                break;
            }
        }
        let untold = changes.into_iter().map(|(_, id, change, _)| (id, change));
        self.0.presence.lock().put_back(untold);
        Ok(())
    }

    /// The conversations of each in which others hear of them, and their own devices do.
    async fn circles(&self, changes: &[(UserId, Change)]) -> Result<HashMap<UserId, Circle>> {
        let ids: Vec<_> = changes.iter().map(|(id, _)| id.0).collect();
        let rows = sqlx::query!(
            "select m.user_id, m.conversation_id, c.member_count
            from members m join conversations c on c.id = m.conversation_id
            where m.user_id = any($1) and m.left_at is null and c.member_count <= $2",
            &ids,
            MOST_SHOWN
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut circles: HashMap<_, _> = changes
            .iter()
            .map(|(id, _)| (*id, Circle::default()))
            .collect();
        for row in rows {
            let circle = circles.entry(UserId(row.user_id)).or_default();
            circle
                .conversations
                .push(ConversationId(row.conversation_id));
            circle.members += row.member_count;
        }
        Ok(circles)
    }

    /// Not those whom another node has noted a moment ago.
    async fn note_last_seen(
        &self,
        users: impl Iterator<Item = UserId>,
    ) -> Result<HashMap<UserId, OffsetDateTime>> {
        let ids: Vec<_> = users.map(|id| id.0).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = sqlx::query!(
            r#"update users set last_seen_at = now() where id = any($1)
            returning id, last_seen_at as "last_seen_at!""#,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let seen = rows.into_iter();
        Ok(seen.map(|row| (UserId(row.id), row.last_seen_at)).collect())
    }
}

impl Turn {
    fn wait(&self) -> Option<Duration> {
        let wait = self.not_before?.saturating_duration_since(Instant::now());
        (wait > BURST).then_some(wait)
    }

    /// Telling so many devices takes its time; a few cost nothing.
    fn spend(&mut self, devices: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a duration of milliseconds")]
        let cost = Duration::from_secs_f64(devices as f64 / DEVICES_PER_SECOND);
        let now = Instant::now();
        let from = self.not_before.map_or(now, |it| it.max(now));
        self.not_before = Some(from + cost);
    }
}
