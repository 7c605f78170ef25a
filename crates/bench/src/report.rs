//! Draws what was measured: plots, and the tables, into docs/performance.

mod plot;
mod scale;
mod table;

use crate::{
    error::Result,
    numbers::{Curve, count},
    results::{FOLDER, Results},
};
use plot::{Line, Plot};
use scale::Scale;
use std::{collections::BTreeMap, fs, path::Path};

const TO: &str = "docs/performance";

pub fn run() -> Result<()> {
    fs::create_dir_all(TO)?;
    let mut all = Vec::new();
    for file in fs::read_dir(FOLDER)?.flatten() {
        if file.path().extension().is_some_and(|it| it == "json") {
            all.push(serde_json::from_slice::<Results>(&fs::read(file.path())?)?);
        }
    }
    all.sort_by(|one, other| one.scenario.cmp(&other.scenario));
    for results in &all {
        for (what, curves) in &results.latencies {
            let title = format!("{}: {what}", results.scenario);
            save(&results.scenario, what, &latencies(title, curves))?;
        }
        for (what, lines) in &results.lines {
            let plot = match results.scenario.as_str() {
                "growth" => growth(what, lines),
                _ => course(&results.scenario, what, lines),
            };
            save(&results.scenario, what, &plot)?;
        }
    }
    fs::write(Path::new(TO).join("results.md"), table::markdown(&all))?;
    println!("{TO}: {} scenarios", all.len());
    Ok(())
}

fn save(scenario: &str, what: &str, plot: &Plot) -> Result<()> {
    let name: String = what
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
    let path = Path::new(TO).join(format!("{scenario}-{}.svg", words.join("-")));
    Ok(fs::write(path, plot.svg())?)
}

/// Milliseconds by percentile: what one of ten, of a hundred, of a thousand waits.
fn latencies(title: String, curves: &BTreeMap<String, Curve>) -> Plot {
    let lines = curves.iter().map(|(of, curve)| {
        let points = curve.points.iter().map(|(percentile, latency)| {
            let micros = u32::try_from(*latency).unwrap_or(u32::MAX);
            // The last one of a thousand says nothing of one of ten thousand.
            let one_of = 1.0 / (1.0 - percentile / 100.0).max(1e-9);
            (one_of.min(count(curve.count)), f64::from(micros) / 1000.0)
        });
        Line {
            name: of.clone(),
            points: points.collect(),
        }
    });
    Plot {
        title,
        x: ("percentile".to_owned(), Scale::Percentiles),
        y: ("ms".to_owned(), Scale::Logarithmic),
        lines: lines.collect(),
        is_dotted: false,
    }
}

fn growth(what: &str, lines: &BTreeMap<String, Vec<(f64, f64)>>) -> Plot {
    Plot {
        title: format!("cost against the {what} of a conversation"),
        x: (what.to_owned(), Scale::Logarithmic),
        y: ("ms, median".to_owned(), Scale::Logarithmic),
        lines: named(lines),
        is_dotted: true,
    }
}

fn course(scenario: &str, what: &str, lines: &BTreeMap<String, Vec<(f64, f64)>>) -> Plot {
    Plot {
        title: format!("{scenario}: {what}"),
        x: ("minutes".to_owned(), Scale::Linear),
        y: (what.to_owned(), Scale::Linear),
        lines: named(lines),
        is_dotted: false,
    }
}

fn named(lines: &BTreeMap<String, Vec<(f64, f64)>>) -> Vec<Line> {
    let lines = lines.iter().map(|(name, points)| Line {
        name: name.clone(),
        points: points.clone(),
    });
    lines.collect()
}
