//! What a run has seen: a line for each round, a table at the end, and all of it as JSON.

use crate::verdict::Verdict;
use serde::Serialize;
use std::{fs, io, path::Path, time::Duration};

/// One failure, once.
#[derive(Serialize)]
pub struct Round {
    /// Seconds and other figures, by name, in the order of their measuring.
    pub figures: Vec<(String, f64)>,
    /// Over all that was said since the failure's first round.
    pub verdict: Verdict,
    /// Promises that were not kept.
    pub broken: Vec<String>,
}

/// One failure, in all its rounds.
#[derive(Serialize)]
pub struct Report {
    pub failure: &'static str,
    pub rounds: Vec<Round>,
}

impl Round {
    pub fn new(verdict: Verdict) -> Self {
        let broken = if verdict.is_good() {
            Vec::new()
        } else {
            verdict.faults.clone()
        };
        Self {
            figures: Vec::new(),
            verdict,
            broken,
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.figures.push((name.to_owned(), value));
        self
    }

    /// Something that took this long, or did not happen; at most so long, if a most is promised.
    #[must_use]
    pub fn within(mut self, name: &str, took: Option<Duration>, most: Option<Duration>) -> Self {
        match (took, most) {
            (None, _) => self.broken.push(format!("{name}: not seen")),
            (Some(took), Some(most)) if took > most => {
                let (took, most) = (took.as_secs_f64(), most.as_secs_f64());
                self.broken
                    .push(format!("{name}: {took:.2} s, more than {most:.0} s"));
            }
            _ => {}
        }
        let seconds = took.map_or(f64::NAN, |took| took.as_secs_f64());
        self.with(name, seconds)
    }

    /// Another promise.
    #[must_use]
    pub fn expect(mut self, kept: bool, promise: &str) -> Self {
        if !kept {
            self.broken.push(format!("not kept: {promise}"));
        }
        self
    }

    fn figures(&self) -> String {
        let figures = self.figures.iter();
        let figures: Vec<_> = figures
            .map(|(name, value)| format!("{name} {value:.2}"))
            .collect();
        figures.join(", ")
    }
}

impl Report {
    pub fn new(failure: &'static str) -> Self {
        println!("\n== {failure}");
        Self {
            failure,
            rounds: Vec::new(),
        }
    }

    pub fn add(&mut self, round: Round) {
        let number = self.rounds.len() + 1;
        println!(
            "{} {number}: {}; {}",
            self.failure,
            round.figures(),
            round.verdict
        );
        for broken in &round.broken {
            println!("  BROKEN: {broken}");
        }
        self.rounds.push(round);
    }

    pub fn is_good(&self) -> bool {
        !self.rounds.is_empty() && self.rounds.iter().all(|round| round.broken.is_empty())
    }

    /// The middle and the greatest of a figure, for each figure.
    fn spread(&self) -> String {
        let Some(first) = self.rounds.first() else {
            return String::new();
        };
        let spreads = first.figures.iter().enumerate().map(|(place, (name, _))| {
            let rounds = self.rounds.iter();
            let mut values: Vec<_> = rounds
                .filter_map(|it| it.figures.get(place))
                .map(|it| it.1)
                .collect();
            values.sort_by(f64::total_cmp);
            let (middle, greatest) = (values[values.len() / 2], values[values.len() - 1]);
            format!("{name} {middle:.2} ({greatest:.2})")
        });
        spreads.collect::<Vec<_>>().join(", ")
    }
}

/// The table of all failures.
pub fn print(reports: &[Report]) {
    println!(
        "\n{:<15} {:>6} {:>7} {:>7} {:>5} {:>7} {:>5} {:>10} {:>7} {:>9} {:>7}  median (greatest)",
        "failure",
        "rounds",
        "acked",
        "retried",
        "lost",
        "doubled",
        "holes",
        "inversions",
        "missing",
        "unsettled",
        "verdict"
    );
    for report in reports {
        let Some(last) = report.rounds.last() else {
            continue;
        };
        let of = &last.verdict;
        println!(
            "{:<15} {:>6} {:>7} {:>7} {:>5} {:>7} {:>5} {:>10} {:>7} {:>9} {:>7}  {}",
            report.failure,
            report.rounds.len(),
            of.acknowledged,
            of.deduplicated,
            of.lost,
            of.doubled,
            of.holes,
            of.inversions,
            of.missing,
            of.unsettled,
            if report.is_good() { "good" } else { "BROKEN" },
            report.spread()
        );
    }
}

/// Below `target/chaos`, a file for each failure.
pub fn write(reports: &[Report], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for report in reports {
        let json = serde_json::to_string_pretty(report)?;
        fs::write(folder.join(format!("{}.json", report.failure)), json)?;
    }
    Ok(())
}
