//! Limits the lines of failures in the log: one of a kind in ten seconds, and how many more there were.
//!
//! A database that is away fails every request and every task. Without a limit the log would have some
//! thousand lines a second that say the same, and none of the others would be found.

use std::{
    collections::HashMap,
    fmt::{self, Debug, Write},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

const INTERVAL: Duration = Duration::from_secs(10);
/// Lines of one kind within the interval: of failures, which name an error, and of other warnings,
/// which may each tell of something else.
const MAX_FAILURES: u64 = 1;
const MAX_WARNINGS: u64 = 20;
/// Kinds that are counted at the same time. More are printed without a limit.
const MAX_KINDS: usize = 1024;
/// Characters of an error that make its kind.
const MAX_TEXT: usize = 160;

/// A format of events whose warnings and errors are limited.
pub struct Limited<F> {
    inner: F,
    is_json: bool,
    kinds: Mutex<HashMap<u64, Kind>>,
}

/// What was seen of a kind in its present interval.
struct Kind {
    since: Instant,
    seen: u64,
    limit: u64,
    text: String,
}

/// Lines that were left out.
#[derive(Debug, PartialEq, Eq)]
struct LeftOut {
    count: u64,
    text: String,
}

impl<F> Limited<F> {
    pub fn new(inner: F, is_json: bool) -> Self {
        Self {
            inner,
            is_json,
            kinds: Mutex::default(),
        }
    }

    /// Counts a line. Returns whether to print it, and what was left out in intervals that are over.
    fn admit(&self, key: u64, text: &str, limit: u64, now: Instant) -> (bool, Vec<LeftOut>) {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left_out = Vec::new();
        kinds.retain(|_, kind| {
            let is_over = now.duration_since(kind.since) >= INTERVAL;
            if is_over && kind.seen > kind.limit {
                left_out.push(LeftOut {
                    count: kind.seen - kind.limit,
                    text: std::mem::take(&mut kind.text),
                });
            }
            !is_over
        });
        if kinds.len() >= MAX_KINDS && !kinds.contains_key(&key) {
            return (true, left_out);
        }
        let kind = kinds.entry(key).or_insert_with(|| Kind {
            since: now,
            seen: 0,
            limit,
            text: text.to_owned(),
        });
        kind.seen += 1;
        (kind.seen <= limit, left_out)
    }

    fn write_left_out(&self, writer: &mut Writer<'_>, left_out: &LeftOut) -> fmt::Result {
        let now = time::OffsetDateTime::now_utc();
        let now = now
            .format(&time::format_description::well_known::Rfc3339)
            .map_err(|_| fmt::Error)?;
        let LeftOut { count, text } = left_out;
        let message = format!("{count} more lines were like this one: {text}");
        if self.is_json {
            let line = serde_json::json!({
                "timestamp": now, "level": "WARN", "message": message, "repeated": count,
                "target": module_path!(),
            });
            writeln!(writer, "{line}")
        } else {
            writeln!(writer, "{now}  WARN {}: {message}", module_path!())
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for Limited<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if *event.metadata().level() > Level::WARN {
            return self.inner.format_event(context, writer, event);
        }
        let mut texts = Texts::default();
        event.record(&mut texts);
        let limit = if texts.error.is_empty() {
            MAX_WARNINGS
        } else {
            MAX_FAILURES
        };
        let mut hasher = DefaultHasher::new();
        event.metadata().callsite().hash(&mut hasher);
        texts.error.hash(&mut hasher);
        let (is_printed, left_out) =
            self.admit(hasher.finish(), &texts.line(), limit, Instant::now());
        for it in &left_out {
            self.write_left_out(&mut writer, it)?;
        }
        if is_printed {
            self.inner.format_event(context, writer, event)?;
        }
        Ok(())
    }
}

/// The message of an event, and its error without digits: two errors that differ in a number only, as of
/// a port or a process, are of one kind.
#[derive(Default)]
struct Texts {
    message: String,
    error: String,
}

impl Texts {
    fn line(&self) -> String {
        match (self.message.is_empty(), self.error.is_empty()) {
            (_, true) => self.message.clone(),
            (true, false) => self.error.clone(),
            (false, false) => format!("{}: {}", self.message, self.error),
        }
    }
}

impl Visit for Texts {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => {
                let _ = write!(self.message, "{value:?}");
            }
            "error" | "cause" => {
                let text = format!("{value:?}");
                self.error = text
                    .chars()
                    .filter(|c| !c.is_ascii_digit())
                    .take(MAX_TEXT)
                    .collect();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{INTERVAL, LeftOut, Limited};
    use std::{
        io,
        sync::{Arc, Mutex},
        time::Instant,
    };
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn one_line_of_each_kind_of_failure_is_printed() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(lines.clone())
            .with_ansi(false)
            .map_event_format(|format| Limited::new(format, false))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for n in 0..500 {
                for error in ["refused by port ", "timed out at "] {
                    let error = format!("{error}{n}");
                    tracing::warn!(%error, "the database is not available");
                }
                tracing::warn!(n, "something else");
                tracing::info!(n, "answered");
            }
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let count = |part: &str| text.lines().filter(|line| line.contains(part)).count();
        assert_eq!(count("refused by port"), 1, "{text}");
        assert_eq!(count("timed out at"), 1);
        assert_eq!(count("something else"), 20);
        assert_eq!(count("answered"), 500, "what is no warning is not limited");
    }

    #[test]
    fn what_was_left_out_is_counted_when_its_interval_is_over() {
        let limited = Limited::new((), false);
        let began = Instant::now();
        assert_eq!(limited.admit(1, "away", 1, began), (true, vec![]));
        for _ in 0..7 {
            assert_eq!(limited.admit(1, "away", 1, began), (false, vec![]));
        }
        let left_out = LeftOut {
            count: 7,
            text: "away".to_owned(),
        };
        let later = began + INTERVAL;
        assert_eq!(
            limited.admit(2, "other", 1, later),
            (true, vec![left_out]),
            "any later line tells it"
        );
        assert_eq!(limited.admit(1, "away", 1, later), (true, vec![]));
    }
}
