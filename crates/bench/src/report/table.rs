//! Measurements and ratios as Markdown tables.

use crate::results::{Ratio, Results, Threshold, shown};
use crate::stats::median;
use std::fmt::Write;

pub fn markdown(all: &[Results]) -> String {
    let mut text = "# Results\n\nOf the last runs of `bin/bench`, written by `bin/bench report`; \
        [performance.md](../performance.md) says what they mean.\n"
        .to_owned();
    for results in all {
        let _ = writeln!(text, "\n## {}\n", results.scenario);
        text.push_str("| | of | median | | runs |\n|---|---|---:|---|---|\n");
        for measurement in &results.measurements {
            let runs: Vec<_> = measurement.runs.iter().copied().map(shown).collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                measurement.what,
                measurement.of,
                shown(median(&measurement.runs)),
                measurement.unit,
                runs.join(", ")
            );
        }
        if !results.ratios.is_empty() {
            text.push_str("\n| ratio | is | is to be |\n|---|---:|---|\n");
        }
        for Ratio {
            what,
            value,
            target,
        } in &results.ratios
        {
            let goal = target.map_or_else(String::new, |target| match target {
                Threshold::AtLeast(least) => format!("≥ {least}"),
                Threshold::AtMost(most) => format!("≤ {most}"),
            });
            let _ = writeln!(text, "| {what} | {value:.2} | {goal} |");
        }
    }
    text
}
