//! The table of a run, and whether every promise was kept.

use crate::{attacks::Count, measure::Growth, people::Lot};
use std::sync::atomic::Ordering::Relaxed;

/// Memory that the attacks may cost, in kB.
const MAX_GROWTH: u64 = 150 * 1024;

/// How many times of before the 99th percentile may be.
const MAX_SLOWDOWN: f64 = 2.0;

pub struct Report {
    pub before: Lot,
    pub during: Lot,
    pub memory: Growth,
    pub counts: Vec<Count>,
}

impl Report {
    /// Each promise, with whether it was kept.
    fn promises(&self) -> [(bool, String); 5] {
        let growth = self.memory.peak.saturating_sub(self.memory.before) / 1024;
        let (before, during) = (self.before.percentile(99.0), self.during.percentile(99.0));
        [
            (
                growth * 1024 <= MAX_GROWTH,
                format!("memory grew by {growth} MB, at most 150"),
            ),
            (
                self.during.cuts == 0,
                format!(
                    "{} sockets of people were cut, none may be",
                    self.during.cuts
                ),
            ),
            (
                self.during.refusals == 0,
                format!(
                    "{} of their messages and connections were refused, none may be",
                    self.during.refusals
                ),
            ),
            (
                during <= before * MAX_SLOWDOWN,
                format!(
                    "p99 of their deliveries went from {before:.1} ms to {during:.1} ms, at most twice"
                ),
            ),
            (
                [&self.before, &self.during]
                    .iter()
                    .all(|lot| lot.is_lively()),
                "people chatted and came".to_owned(),
            ),
        ]
    }

    pub fn is_good(&self) -> bool {
        self.promises().iter().all(|(kept, _)| *kept)
    }

    pub fn print(&self) {
        println!(
            "\n{:<24} {:>10} {:>10} {:>10}",
            "attack", "done", "refused", "cut off"
        );
        for Count { name, tally } in &self.counts {
            println!(
                "{name:<24} {:>10} {:>10} {:>10}",
                tally.done.load(Relaxed),
                tally.refused.load(Relaxed),
                tally.cut.load(Relaxed)
            );
            for (what, first) in [
                ("refused", tally.first_refusal()),
                ("cut off", tally.first_failure()),
            ] {
                if let Some(first) = first {
                    println!("  first {what}: {first}");
                }
            }
        }
        println!(
            "\n{:<10} {:>8} {:>12} {:>9} {:>9} {:>9} {:>6} {:>9} {:>9}",
            "people",
            "sent",
            "deliveries",
            "p50 ms",
            "p99 ms",
            "max ms",
            "cut",
            "refused",
            "newcomers"
        );
        for (name, lot) in [("before", &self.before), ("during", &self.during)] {
            println!(
                "{name:<10} {:>8} {:>12} {:>9.2} {:>9.2} {:>9.2} {:>6} {:>9} {:>9}",
                lot.sent,
                lot.deliveries(),
                lot.percentile(50.0),
                lot.percentile(99.0),
                lot.percentile(100.0),
                lot.cuts,
                lot.refusals,
                lot.newcomers,
            );
        }
        let (before, peak) = (self.memory.before / 1024, self.memory.peak / 1024);
        println!("memory: {before} MB before, {peak} MB at most\n");
        for (kept, promise) in self.promises() {
            println!("{} {promise}", if kept { "kept  " } else { "BROKEN" });
        }
        println!("\n{}", if self.is_good() { "PASSED" } else { "BROKEN" });
    }
}
