//! `Tally`: what the attackers of one kind have done.

use crate::http::Answer;
use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Characters of an answer that the report prints.
const MAX_PRINTED: usize = 100;

#[derive(Default)]
pub struct Tally {
    pub done: AtomicU64,
    pub refused: AtomicU64,
    pub cut: AtomicU64,
    /// What the server said to the first that was refused, and the first failure.
    first_refusal: OnceLock<String>,
    first_failure: OnceLock<String>,
}

impl Tally {
    pub fn add_done(&self) {
        self.done.fetch_add(1, Relaxed);
    }

    pub fn add_refused(&self, answer: &str) {
        self.refused.fetch_add(1, Relaxed);
        self.first_refusal.get_or_init(|| shorten(answer));
    }

    pub fn add_cut(&self, error: &dyn std::error::Error) {
        self.cut.fetch_add(1, Relaxed);
        self.first_failure
            .get_or_init(|| shorten(&error.to_string()));
    }

    /// Counts an answer by its status.
    pub fn add_answer(&self, answer: &Answer) {
        if answer.status < 400 {
            self.add_done();
        } else {
            self.add_refused(&format!("{} {}", answer.status, answer.body));
        }
    }

    pub fn first_refusal(&self) -> Option<&str> {
        self.first_refusal.get().map(String::as_str)
    }

    pub fn first_failure(&self) -> Option<&str> {
        self.first_failure.get().map(String::as_str)
    }
}

fn shorten(text: &str) -> String {
    let text = text.lines().collect::<Vec<_>>().join(" ");
    text.chars().take(MAX_PRINTED).collect()
}
