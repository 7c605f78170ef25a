//! Results of a scenario: printed, and stored in target/bench for the plots.

use crate::{
    error::Result,
    stats::{Curve, Latencies, median},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// Folder of the JSON files, one for each scenario.
pub const RESULTS_FOLDER: &str = "target/bench";

#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    pub scenario: String,
    #[serde(rename = "figures")]
    pub measurements: Vec<Measurement>,
    pub ratios: Vec<Ratio>,
    /// By what was measured, then by system.
    pub latencies: BTreeMap<String, BTreeMap<String, Curve>>,
    /// Series of the charts: by chart, then by name.
    #[serde(default)]
    pub lines: BTreeMap<String, BTreeMap<String, Vec<(f64, f64)>>>,
    #[serde(skip)]
    merged: BTreeMap<(String, String), Latencies>,
}

/// One value per run of one system.
#[derive(Serialize, Deserialize)]
pub struct Measurement {
    pub what: String,
    pub of: String,
    pub unit: String,
    pub runs: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
pub struct Ratio {
    pub what: String,
    pub value: f64,
    pub target: Option<Threshold>,
}

/// Required bound of a ratio.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Threshold {
    AtLeast(f64),
    AtMost(f64),
}

impl Threshold {
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl Results {
    pub fn new(scenario: &str) -> Self {
        println!("\n== {scenario}");
        Self {
            scenario: scenario.to_owned(),
            ..Self::default()
        }
    }

    /// Records and prints a measurement of one run.
    pub fn record(&mut self, what: &str, of: &str, value: f64, unit: &str) {
        println!("   {what}, {of}: {} {unit}", shown(value));
        let known = self
            .measurements
            .iter_mut()
            .find(|it| it.what == what && it.of == of);
        match known {
            Some(measurement) => measurement.runs.push(value),
            None => self.measurements.push(Measurement {
                what: what.to_owned(),
                of: of.to_owned(),
                unit: unit.to_owned(),
                runs: vec![value],
            }),
        }
    }

    /// Records the latencies of one run: p50 and p99 as measurements, and the whole histogram for the
    /// plot.
    pub fn latencies(&mut self, what: &str, of: &str, latencies: &Latencies) {
        for percentile in [50.0, 99.0] {
            let name = format!("{what}, p{percentile}");
            self.record(&name, of, latencies.percentile(percentile), "ms");
        }
        let key = (what.to_owned(), of.to_owned());
        self.merged.entry(key).or_default().add(latencies);
    }

    pub fn median(&self, what: &str, of: &str) -> Option<f64> {
        let mut measurements = self.measurements.iter();
        let measurement = measurements.find(|it| it.what == what && it.of == of)?;
        Some(median(&measurement.runs))
    }

    /// Adds a point to a series of a chart.
    pub fn point(&mut self, chart: &str, line: &str, (x, y): (f64, f64)) {
        let lines = self.lines.entry(chart.to_owned()).or_default();
        lines.entry(line.to_owned()).or_default().push((x, y));
    }

    /// Highest value of all runs.
    pub fn worst(&self, what: &str, of: &str) -> Option<f64> {
        let mut measurements = self.measurements.iter();
        let measurement = measurements.find(|it| it.what == what && it.of == of)?;
        measurement.runs.iter().copied().reduce(f64::max)
    }

    /// Records the ratio of two systems' medians, if both were measured.
    pub fn ratio(&mut self, what: &str, of: &str, to: &str, target: Option<Threshold>) {
        let (Some(one), Some(other)) = (self.median(what, of), self.median(what, to)) else {
            return;
        };
        let name = format!("{what}: {of} to {to}");
        self.ratio_of(&name, one, other, target);
    }

    pub fn ratio_of(&mut self, name: &str, one: f64, other: f64, target: Option<Threshold>) {
        self.ratios.push(Ratio {
            what: name.to_owned(),
            value: one / other,
            target,
        });
    }

    /// Prints the medians and ratios, and stores them.
    pub fn finish(mut self) -> Result<()> {
        for ((what, of), latencies) in &self.merged {
            let curves = self.latencies.entry(what.clone()).or_default();
            curves.insert(of.clone(), latencies.curve());
        }
        println!("\n-- {}: medians", self.scenario);
        for measurement in &self.measurements {
            let Measurement {
                what,
                of,
                unit,
                runs,
            } = measurement;
            let all: Vec<_> = runs.iter().copied().map(shown).collect();
            let middle = shown(median(runs));
            println!(
                "   {what:<52} {of:<12} {middle:>10} {unit:<10} ({})",
                all.join(", ")
            );
        }
        for Ratio {
            what,
            value,
            target,
        } in &self.ratios
        {
            let verdict = target.map_or_else(String::new, |target| {
                let (word, bound) = match target {
                    Threshold::AtLeast(least) => ("at least", least),
                    Threshold::AtMost(most) => ("at most", most),
                };
                let met = if target.is_met(*value) {
                    "met"
                } else {
                    "NOT MET"
                };
                format!("{word} {bound}: {met}")
            });
            println!("   {what:<65} {value:>10.2}   {verdict}");
        }
        fs::create_dir_all(RESULTS_FOLDER)?;
        let path = PathBuf::from(RESULTS_FOLDER).join(format!("{}.json", self.scenario));
        fs::write(path, serde_json::to_vec_pretty(&self)?)?;
        Ok(())
    }
}

/// Rounds to two, one or no decimals.
pub fn shown(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Results, Threshold, shown};

    #[test]
    fn ratios_are_of_medians() {
        let mut results = Results::new("test");
        for value in [1.0, 9.0, 2.0] {
            results.record("speed", "us", value, "/s");
        }
        results.record("speed", "them", 4.0, "/s");
        results.ratio("speed", "us", "them", Some(Threshold::AtLeast(1.0)));
        results.ratio("speed", "us", "nobody", None);
        assert_eq!(results.ratios.len(), 1);
        assert!((results.ratios[0].value - 0.5).abs() < 1e-9);
        assert!(!Threshold::AtLeast(1.0).is_met(0.5) && Threshold::AtMost(1.0).is_met(0.5));
    }

    #[test]
    fn figures_show_what_matters() {
        assert_eq!(shown(1.234), "1.23");
        assert_eq!(shown(123.456), "123.5");
        assert_eq!(shown(12345.6), "12346");
    }
}
