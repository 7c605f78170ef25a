//! Who hears what on this node: the users that are connected here, and their conversations.

use super::{Sequencer, Track};
use model::{ConversationId, UserId};
use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

/// The memberships of a user as they have been read, each with its conversation's seq at that time.
pub type Reading = Vec<(ConversationId, i64)>;

#[derive(Default)]
pub struct Hearers {
    users: HashMap<UserId, Hearer>,
    /// How many of the users hear each conversation.
    counts: HashMap<ConversationId, usize>,
}

struct Hearer {
    conversations: HashSet<ConversationId>,
    since: Instant,
    /// Counts what they gained and lost, so that an older reading is known as such.
    changes: u64,
}

impl Hearers {
    pub fn know(&self, id: UserId) -> bool {
        self.users.contains_key(&id)
    }

    pub fn hear(&self, id: ConversationId) -> bool {
        self.counts.contains_key(&id)
    }

    pub fn admit(&mut self, id: ConversationId, users: &[UserId]) {
        for user_id in users {
            let Some(hearer) = self.users.get_mut(user_id) else {
                continue;
            };
            hearer.changes += 1;
            if hearer.conversations.insert(id) {
                *self.counts.entry(id).or_default() += 1;
            }
        }
    }

    pub fn evict(&mut self, id: ConversationId, users: &[UserId]) {
        for user_id in users {
            let Some(hearer) = self.users.get_mut(user_id) else {
                continue;
            };
            hearer.changes += 1;
            if hearer.conversations.remove(&id) {
                self.uncount(id);
            }
        }
    }

    pub fn close(&mut self, id: ConversationId) {
        if self.counts.remove(&id).is_some() {
            for hearer in self.users.values_mut() {
                if hearer.conversations.remove(&id) {
                    hearer.changes += 1;
                }
            }
        }
    }

    fn uncount(&mut self, id: ConversationId) {
        if let Some(count) = self.counts.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&id);
            }
        }
    }
}

impl Sequencer {
    /// The user's memberships are about to be read: what they gain meanwhile counts already.
    pub fn expect(&mut self, user_id: UserId, now: Instant) {
        let hearer = self.hearers.users.entry(user_id);
        let hearer = hearer.or_insert_with(|| Hearer {
            conversations: HashSet::new(),
            since: now,
            changes: 0,
        });
        hearer.since = now;
    }

    /// The user hears these from now on; `false` when the reading may be too old to say so.
    pub fn enter(&mut self, user_id: UserId, reading: &Reading, due: Instant) -> bool {
        let mut sure = self.knows(user_id);
        for &(id, seq) in reading {
            let hearer = self.hearers.users.get(&user_id);
            if hearer.is_none_or(|it| it.conversations.contains(&id)) {
                continue;
            }
            sure &= self.add(user_id, (id, seq), due);
        }
        sure
    }

    /// The user was a member as of a seq. `false` when something has been told since: that they
    /// lost it, for all we know.
    pub fn add(&mut self, user_id: UserId, (id, seq): (ConversationId, i64), due: Instant) -> bool {
        match self.heard.get(&id) {
            Some(track) if track.told > seq => return false,
            Some(_) => {}
            None => {
                let track = Track {
                    told: seq,
                    ..Track::default()
                };
                self.heard.insert(id, track);
                // What has happened since the reading passed unheard.
                self.look(id, due);
            }
        }
        self.hearers.admit(id, &[user_id]);
        true
    }

    pub fn knows(&self, user_id: UserId) -> bool {
        self.hearers.know(user_id)
    }

    /// Forgets who is not connected, but for those who came only now and may be about to be.
    pub fn forget_users(&mut self, before: Instant, is_connected: impl Fn(UserId) -> bool) {
        let users = &mut self.hearers.users;
        let gone = users.extract_if(|id, it| it.since < before && !is_connected(*id));
        let gone: Vec<_> = gone.flat_map(|(_, it)| it.conversations).collect();
        for id in gone {
            self.hearers.uncount(id);
            self.forget_unheard(id);
        }
    }

    /// Each user here, with the number of their changes, to compare with what the database says.
    pub fn users(&self) -> Vec<(UserId, u64)> {
        let users = self.hearers.users.iter();
        users.map(|(id, it)| (*id, it.changes)).collect()
    }

    /// What a newer reading says of a user: gained and lost. Nothing when they have changed since.
    pub fn compare(
        &self,
        (user_id, changes): (UserId, u64),
        reading: &Reading,
    ) -> (Reading, Vec<ConversationId>) {
        let hearer = self.hearers.users.get(&user_id);
        let Some(hearer) = hearer.filter(|it| it.changes == changes) else {
            return (Vec::new(), Vec::new());
        };
        let mut lost = hearer.conversations.clone();
        let gained = reading.iter().filter(|(id, _)| !lost.remove(id));
        let gained = gained.copied().collect();
        (gained, lost.into_iter().collect())
    }
}
