//! `Tally`: what the attackers of one kind have done.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Default)]
pub struct Tally {
    pub done: AtomicU64,
    pub refused: AtomicU64,
    pub cut: AtomicU64,
}

impl Tally {
    pub fn add_done(&self) {
        self.done.fetch_add(1, Relaxed);
    }

    pub fn add_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// Counts an answer by its status.
    pub fn add_status(&self, status: u16) {
        if status < 400 {
            self.add_done();
        } else {
            self.add_refused();
        }
    }
}
