//! What was missed in a conversation while there was no connection.

/// The positions after the first one, up to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    pub after: i64,
    pub until: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MissedState {
    /// The position at which the connection was lost, until all that came after it is there.
    lost_at: Option<i64>,
    /// Whether what is shown is not read until then.
    is_held: bool,
    /// Since the conversation was opened, the last time.
    missed: Option<Missed>,
}

impl MissedState {
    pub fn missed(self) -> Option<Missed> {
        self.missed
    }

    /// Whether more has come since the connection was lost, and not all of it is there.
    pub fn is_catching_up(self, position: i64) -> bool {
        self.is_held && self.lost_at.is_some_and(|lost_at| lost_at < position)
    }

    /// The connection is lost. What comes from here on is missed.
    pub fn note_lost(&mut self, position: i64) {
        self.lost_at = self.lost_at.or(Some(position));
        self.is_held = true;
    }

    /// What was missed is there, or some of it comes later. Whether there had been a loss.
    pub fn note_fetched(&mut self, position: i64, is_complete: bool) -> bool {
        let Some(after) = self.lost_at else {
            return false;
        };
        self.is_held = false;
        if is_complete {
            self.lost_at = None;
        }
        if after < position {
            self.missed = Some(Missed {
                after,
                until: position,
            });
        }
        true
    }

    /// Whether something had been missed.
    pub fn end_missed(&mut self) -> bool {
        self.missed.take().is_some()
    }
}
