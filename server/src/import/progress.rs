//! `Progress`: a line that is overwritten on a terminal, and one every few seconds elsewhere.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// Time between two lines that overwrite each other.
const TERMINAL_INTERVAL: Duration = Duration::from_millis(200);

/// Time between two lines of a log.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Characters of a bar.
const BAR_WIDTH: usize = 24;

pub struct Progress {
    is_terminal: bool,
    /// What is being done, and since when.
    step: (String, Instant),
    /// How much there is to do in this step, in any unit; 0 if that is not known.
    total: u64,
    rows: u64,
    printed: Instant,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            step: (String::new(), Instant::now()),
            total: 0,
            rows: 0,
            printed: Instant::now(),
        }
    }

    pub fn begin(&mut self, step: &str, total: u64) {
        self.end();
        self.step = (step.to_owned(), Instant::now());
        self.total = total;
        self.rows = 0;
        self.printed = Instant::now();
    }

    /// Says how far the step is, and how many rows that were.
    pub fn update(&mut self, done: u64, rows: u64) {
        self.rows = rows;
        let interval = if self.is_terminal {
            TERMINAL_INTERVAL
        } else {
            LOG_INTERVAL
        };
        if self.printed.elapsed() >= interval {
            self.printed = Instant::now();
            self.print(done);
        }
    }

    /// Completes the line of the step.
    pub fn end(&mut self) {
        if self.rows > 0 && self.is_terminal {
            self.print(self.total);
            eprintln!();
        } else if self.rows > 0 && self.step.1.elapsed() >= LOG_INTERVAL {
            self.print(self.total);
        }
        self.rows = 0;
    }

    fn print(&self, done: u64) {
        let (step, since) = &self.step;
        let per_second =
            self.rows * 1000 / u64::try_from(since.elapsed().as_millis()).map_or(1, |it| it.max(1));
        let rows = self.rows;
        let share = (done.min(self.total) * 100).checked_div(self.total);
        let share = share.map_or_else(String::new, |it| format!("{it:>3} %"));
        let mut stderr = std::io::stderr().lock();
        // A closed standard error does not end an import.
        let _ = if self.is_terminal {
            let bar = self.bar(done);
            write!(
                stderr,
                "\r\u{1b}[K{step:<24} {bar} {share} {rows} rows, {per_second} a second"
            )
        } else {
            writeln!(stderr, "{step}: {share} {rows} rows, {per_second} a second")
        };
        let _ = stderr.flush();
    }

    fn bar(&self, done: u64) -> String {
        let filled = (done.min(self.total) * BAR_WIDTH as u64).checked_div(self.total);
        let filled = filled.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        format!("[{}{}]", "#".repeat(filled), "-".repeat(BAR_WIDTH - filled))
    }
}
