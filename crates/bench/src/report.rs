//! Draws the measurements into docs/performance: plots, and the tables.

mod plot;
mod scale;
mod table;

use crate::{
    error::Result,
    results::{RESULTS_FOLDER, Results},
    stats::{Curve, as_f64},
};
use plot::{Plot, Series};
use scale::Scale;
use std::{collections::BTreeMap, fs, path::Path};

const PLOTS_FOLDER: &str = "docs/performance";

pub fn run() -> Result<()> {
    fs::create_dir_all(PLOTS_FOLDER)?;
    let mut all = Vec::new();
    for file in fs::read_dir(RESULTS_FOLDER)?.flatten() {
        if file.path().extension().is_some_and(|it| it == "json") {
            all.push(serde_json::from_slice::<Results>(&fs::read(file.path())?)?);
        }
    }
    all.sort_by(|one, other| one.scenario.cmp(&other.scenario));
    for results in &all {
        for (chart, curves) in &results.latencies {
            let title = format!("{}: {chart}", results.scenario);
            save(&results.scenario, chart, &latencies(title, curves))?;
        }
        for (chart, lines) in &results.lines {
            let plot = match results.scenario.as_str() {
                "growth" => growth(chart, lines),
                _ => over_time(&results.scenario, chart, lines),
            };
            save(&results.scenario, chart, &plot)?;
        }
    }
    fs::write(
        Path::new(PLOTS_FOLDER).join("results.md"),
        table::markdown(&all),
    )?;
    println!("{PLOTS_FOLDER}: {} scenarios", all.len());
    Ok(())
}

fn save(scenario: &str, chart: &str, plot: &Plot) -> Result<()> {
    let name: String = chart
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() {
                it.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let words: Vec<_> = name.split('-').filter(|word| !word.is_empty()).collect();
    let path = Path::new(PLOTS_FOLDER).join(format!("{scenario}-{}.svg", words.join("-")));
    Ok(fs::write(path, plot.svg())?)
}

/// Latency in milliseconds by percentile. The x axis is logarithmic in one of 10, of 100, of 1000.
fn latencies(title: String, curves: &BTreeMap<String, Curve>) -> Plot {
    let lines = curves.iter().map(|(of, curve)| {
        let points = curve.points.iter().map(|(percentile, latency)| {
            let micros = u32::try_from(*latency).unwrap_or(u32::MAX);
            // A run of 1000 deliveries has no value for one of 10,000: the curve ends at its count.
            let one_of = 1.0 / (1.0 - percentile / 100.0).max(1e-9);
            (one_of.min(as_f64(curve.count)), f64::from(micros) / 1000.0)
        });
        Series {
            name: of.clone(),
            points: points.collect(),
        }
    });
    Plot {
        title,
        x: ("percentile".to_owned(), Scale::Percentiles),
        y: ("ms".to_owned(), Scale::Logarithmic),
        lines: lines.collect(),
        has_markers: false,
    }
}

fn growth(chart: &str, lines: &BTreeMap<String, Vec<(f64, f64)>>) -> Plot {
    Plot {
        title: format!("cost against the {chart} of a conversation"),
        x: (chart.to_owned(), Scale::Logarithmic),
        y: ("ms, median".to_owned(), Scale::Logarithmic),
        lines: series(lines),
        has_markers: true,
    }
}

fn over_time(scenario: &str, chart: &str, lines: &BTreeMap<String, Vec<(f64, f64)>>) -> Plot {
    Plot {
        title: format!("{scenario}: {chart}"),
        x: ("minutes".to_owned(), Scale::Linear),
        y: (chart.to_owned(), Scale::Linear),
        lines: series(lines),
        has_markers: false,
    }
}

fn series(lines: &BTreeMap<String, Vec<(f64, f64)>>) -> Vec<Series> {
    let lines = lines.iter().map(|(name, points)| Series {
        name: name.clone(),
        points: points.clone(),
    });
    lines.collect()
}
