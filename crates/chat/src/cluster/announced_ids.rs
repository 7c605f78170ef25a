//! `AnnouncedIds`: the announcements that were delivered on this node, so that each is once.

use model::AnnouncementId;
use std::collections::BTreeSet;

#[derive(Default)]
pub struct AnnouncedIds {
    /// All up to this one were delivered. `None` until the database was asked for the newest.
    up_to: Option<AnnouncementId>,
    /// Those after it that were delivered.
    later: BTreeSet<AnnouncementId>,
}

impl AnnouncedIds {
    /// Notes one as delivered. Returns whether it is new.
    pub fn insert(&mut self, id: AnnouncementId) -> bool {
        self.up_to.is_none_or(|up_to| id > up_to) && self.later.insert(id)
    }

    pub fn up_to(&self) -> Option<AnnouncementId> {
        self.up_to
    }

    /// All up to this one count as delivered from now on.
    pub fn start_at(&mut self, id: AnnouncementId) {
        self.up_to = Some(id);
    }

    /// All up to this one have been delivered; forgets the ids below it.
    pub fn advance_to(&mut self, id: AnnouncementId) {
        self.up_to = Some(id);
        self.later = self.later.split_off(&id);
    }
}
