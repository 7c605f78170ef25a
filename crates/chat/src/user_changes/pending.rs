//! Changed profiles that wait to be told.

use crate::receipts::{Coalesced, Coalescer};
use model::UserId;
use std::time::Duration;

/// Pause between two tellings. The first change after a pause is told at once; whoever changes their name
/// again and again makes one event a second.
const PROFILE_INTERVAL: Duration = Duration::from_secs(1);

/// Users whose name or picture has changed, to be told to those who know them.
pub type PendingProfiles = Coalescer<ChangedProfile>;

/// The profile of a user has changed. It is read when it is told.
pub struct ChangedProfile;

impl Coalesced for ChangedProfile {
    type Key = UserId;

    fn merge(self, _: Self) -> Self {
        self
    }
}

pub fn pending_profiles() -> PendingProfiles {
    Coalescer::with_interval(PROFILE_INTERVAL)
}
