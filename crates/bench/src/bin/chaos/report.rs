//! Report of a run: a line for each round, a table at the end, and all of it as JSON.

use crate::check::CheckResult;
use serde::Serialize;
use std::{fs, io, path::Path, time::Duration};

/// One round of a failure.
#[derive(Serialize)]
pub struct Round {
    /// Durations in seconds and other values, by name, in the order of measuring.
    #[serde(rename = "figures")]
    pub measurements: Vec<(String, f64)>,
    /// Over everything that was sent since the failure's first round.
    #[serde(rename = "verdict")]
    pub check: CheckResult,
    /// Promises that were not kept.
    pub broken: Vec<String>,
}

/// All rounds of one failure.
#[derive(Serialize)]
pub struct Report {
    pub failure: &'static str,
    pub rounds: Vec<Round>,
}

impl Round {
    pub fn new(check: CheckResult) -> Self {
        let broken = if check.is_good() {
            Vec::new()
        } else {
            check.violations.clone()
        };
        Self {
            measurements: Vec::new(),
            check,
            broken,
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.measurements.push((name.to_owned(), value));
        self
    }

    /// Records a duration, `None` if the event did not happen. Longer than `most` breaks a promise.
    #[must_use]
    pub fn within(mut self, name: &str, elapsed: Option<Duration>, most: Option<Duration>) -> Self {
        match (elapsed, most) {
            (None, _) => self.broken.push(format!("{name}: not seen")),
            (Some(elapsed), Some(most)) if elapsed > most => {
                let (elapsed, most) = (elapsed.as_secs_f64(), most.as_secs_f64());
                self.broken
                    .push(format!("{name}: {elapsed:.2} s, more than {most:.0} s"));
            }
            _ => {}
        }
        let seconds = elapsed.map_or(f64::NAN, |elapsed| elapsed.as_secs_f64());
        self.with(name, seconds)
    }

    /// Records whether another promise was kept.
    #[must_use]
    pub fn expect(mut self, kept: bool, promise: &str) -> Self {
        if !kept {
            self.broken.push(format!("not kept: {promise}"));
        }
        self
    }

    fn measurements(&self) -> String {
        let measurements = self.measurements.iter();
        let measurements: Vec<_> = measurements
            .map(|(name, value)| format!("{name} {value:.2}"))
            .collect();
        measurements.join(", ")
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
            round.measurements(),
            round.check
        );
        for broken in &round.broken {
            println!("  BROKEN: {broken}");
        }
        self.rounds.push(round);
    }

    pub fn is_good(&self) -> bool {
        !self.rounds.is_empty() && self.rounds.iter().all(|round| round.broken.is_empty())
    }

    /// Median and greatest value of each measurement.
    fn spread(&self) -> String {
        let Some(first) = self.rounds.first() else {
            return String::new();
        };
        let spreads = first
            .measurements
            .iter()
            .enumerate()
            .map(|(place, (name, _))| {
                let rounds = self.rounds.iter();
                let mut values: Vec<_> = rounds
                    .filter_map(|it| it.measurements.get(place))
                    .map(|it| it.1)
                    .collect();
                values.sort_by(f64::total_cmp);
                let (middle, greatest) = (values[values.len() / 2], values[values.len() - 1]);
                format!("{name} {middle:.2} ({greatest:.2})")
            });
        spreads.collect::<Vec<_>>().join(", ")
    }
}

/// Prints the table of all failures.
pub fn print(reports: &[Report]) {
    println!(
        "\n{:<15} {:>6} {:>7} {:>7} {:>5} {:>7} {:>5} {:>10} {:>7} {:>7} {:>9} {:>9} {:>7}  median (greatest)",
        "failure",
        "rounds",
        "acked",
        "retried",
        "lost",
        "doubled",
        "holes",
        "inversions",
        "missing",
        "made up",
        "backwards",
        "unsettled",
        "verdict"
    );
    for report in reports {
        let Some(last) = report.rounds.last() else {
            continue;
        };
        let of = &last.check;
        println!(
            "{:<15} {:>6} {:>7} {:>7} {:>5} {:>7} {:>5} {:>10} {:>7} {:>7} {:>9} {:>9} {:>7}  {}",
            report.failure,
            report.rounds.len(),
            of.acknowledged,
            of.deduplicated,
            of.lost,
            of.doubled,
            of.holes,
            of.inversions,
            of.missing,
            of.made_up,
            of.backwards,
            of.unsettled,
            if report.is_good() { "good" } else { "BROKEN" },
            report.spread()
        );
    }
}

/// Writes one JSON file for each failure.
pub fn write(reports: &[Report], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for report in reports {
        let json = serde_json::to_string_pretty(report)?;
        fs::write(folder.join(format!("{}.json", report.failure)), json)?;
    }
    Ok(())
}
