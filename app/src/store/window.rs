//! The window of a timeline: the messages that have a row in the page. It is a range of positions, and
//! grows and shrinks by messages, because what is in threads only leaves holes between them.

use super::timeline::Timeline;
use model::MessageId;

/// When a window has more messages, those that are far enough out of view lose their rows, down to
/// `MIN_ROWS`. A row has some 30 nodes, comments included, and the timeline shall have less than 3,000.
pub const MAX_ROWS: usize = 72;
pub const MIN_ROWS: usize = 56;
/// A window that follows its end has at most so many, also when more come at once.
const MAX_FOLLOWED: isize = 300;
/// Rows that an opened conversation begins with.
const OPENING_ROWS: isize = 60;
/// Positions of a window around one.
const OPENING_RANGE: i64 = 60;
/// Messages that a window grows by at an edge.
const STEP: isize = 20;
/// With fewer messages beyond an edge that is near, the next page is loaded.
const FEW: usize = 30;
/// The last position of a window that follows the end: whatever comes is in it.
const END: i64 = i64::MAX;

/// Where somebody reads: a message, and how many pixels below the upper edge of the timeline it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub message: MessageId,
    pub offset: f64,
}

/// The range of positions from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    first: i64,
    last: i64,
}

impl Window {
    /// The newest messages, and all that follow.
    pub const NEWEST: Self = Self {
        first: END,
        last: END,
    };

    /// Every message, and all that follow.
    pub const ALL: Self = Self {
        first: 0,
        last: END,
    };

    /// The messages around one.
    pub fn around(position: i64) -> Self {
        Self {
            first: position - OPENING_RANGE / 2,
            last: position + OPENING_RANGE / 2,
        }
    }

    /// The window as far as the timeline reaches; its newest messages where they have nothing in common.
    #[must_use]
    pub fn within(self, timeline: &Timeline) -> Self {
        let (first, last) = (timeline.first_row().unwrap_or(1), timeline.last());
        let newest = |count: isize| timeline.step(END, -count).unwrap_or(first).max(first);
        if self.first > last || self.last < first {
            return Self {
                first: newest(OPENING_ROWS),
                last: END,
            };
        }
        if self.follows() {
            return Self {
                first: self.first.max(first).max(newest(MAX_FOLLOWED)),
                last: END,
            };
        }
        Self {
            first: self.first.max(first),
            last: self.last.min(last),
        }
    }

    pub fn first(self) -> i64 {
        self.first
    }

    pub fn last(self) -> i64 {
        self.last
    }

    pub fn contains(self, position: i64) -> bool {
        self.first <= position && position <= self.last
    }

    /// Whether messages that come are in the window.
    pub fn follows(self) -> bool {
        self.last == END
    }

    /// Whether the timeline has only a few messages before the window.
    pub fn has_few_before(self, timeline: &Timeline) -> bool {
        let first = timeline.first_row().unwrap_or(1);
        let before = timeline.count_before(self.first);
        before.saturating_sub(timeline.count_before(first)) < FEW
    }

    /// Whether the timeline has only a few messages after the window.
    pub fn has_few_after(self, timeline: &Timeline) -> bool {
        let upto = timeline.count_before(self.last.saturating_add(1));
        timeline.count().saturating_sub(upto) < FEW
    }

    /// Grown towards older messages; `None` where the timeline has none.
    pub fn older(self, timeline: &Timeline) -> Option<Self> {
        let first = timeline.step(self.first, -STEP)?;
        let first = first.max(timeline.first_row()?);
        (first < self.first).then_some(Self { first, ..self })
    }

    /// Grown towards newer messages; `None` where the timeline has none.
    pub fn newer(self, timeline: &Timeline) -> Option<Self> {
        // The message at the end, or where it would stand, counts as one.
        let last = timeline.step(self.last, STEP)?;
        (self.last < timeline.last_message()).then_some(Self { last, ..self })
    }

    /// Follows the end from now on.
    #[must_use]
    pub fn following(self) -> Self {
        Self { last: END, ..self }
    }

    /// Ends where the timeline ends now.
    #[must_use]
    pub fn stopped(self, timeline: &Timeline) -> Self {
        Self {
            last: self.last.min(timeline.last()),
            ..self
        }
    }

    /// Without the messages before a position.
    #[must_use]
    pub fn from(self, position: i64) -> Self {
        Self {
            first: self.first.max(position),
            ..self
        }
    }

    /// Without the messages after a position.
    #[must_use]
    pub fn to(self, position: i64) -> Self {
        Self {
            last: self.last.min(position),
            ..self
        }
    }
}
