//! `Pipeline`: what all steps of an import share: reading the tables of a dump, and writing batches.

use super::{
    batch::Batch,
    error::ImportError,
    format::Format,
    progress::Progress,
    record::Record,
    report::{Kind, Report},
    row::Reason,
    source::{MAX_ROW_BYTES, Source},
};
use chat::imports::Import;
use std::{
    collections::HashSet,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub struct Pipeline {
    pub format: &'static dyn Format,
    pub source: Source,
    pub report: Report,
    /// Rows of one transaction.
    pub batch: usize,
    /// Whether administrators of the dump become administrators here.
    pub takes_admins: bool,
    pub progress: Progress,
    stop: Arc<AtomicBool>,
}

impl Pipeline {
    pub fn new(format: &'static dyn Format, source: Source, report: Report) -> Self {
        Self {
            format,
            source,
            report,
            batch: 1,
            takes_admins: false,
            progress: Progress::new(),
            stop: Arc::default(),
        }
    }

    /// On Ctrl-C and SIGTERM the import ends after the current batch.
    pub fn stop_on_interrupt(&self) {
        let stop = Arc::clone(&self.stop);
        tokio::spawn(async move {
            let terminate =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
            if let Ok(mut terminate) = terminate {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
                stop.store(true, Ordering::Relaxed);
            }
        });
    }

    fn check_stop(&self) -> Result<(), ImportError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(ImportError::Interrupted);
        }
        Ok(())
    }

    /// Returns the ids of the rows that were left.
    pub async fn write(
        &mut self,
        import: &mut Import,
        batch: Batch<'_>,
    ) -> Result<HashSet<String>, ImportError> {
        self.check_stop()?;
        if batch.is_empty() {
            return Ok(HashSet::new());
        }
        let outcome = batch.import(import).await?;
        self.report.add(batch.kind(), &outcome)?;
        let left = outcome.left.into_iter().map(|note| note.id);
        Ok(left.collect())
    }

    /// Reads a table, if the dump has it. Rows for which `on_row` has a reason are left.
    pub async fn read_table(
        &mut self,
        names: &[&str],
        kind: Kind,
        mut on_row: impl AsyncFnMut(Record<'_>) -> Result<io::Result<()>, Reason>,
    ) -> Result<(), ImportError> {
        let Some(table) = self.source.find(names) else {
            return Ok(());
        };
        let step = format!("reading {}", table.name);
        self.progress.begin(&step, table.size());
        let mut rows = self.source.rows(&table)?;
        let mut count = 0;
        while let Some(row) = rows.next().await? {
            count += 1;
            let place = |number| format!("{}:{number}", table.name);
            let result = match &row.json {
                Some(json) => {
                    let number = row.number;
                    on_row(Record { number, json }).await
                }
                None => Err(format!("the row has more than {MAX_ROW_BYTES} bytes")),
            };
            match result {
                Ok(written) => written?,
                Err(reason) => self.report.leave(kind, &place(row.number), &reason)?,
            }
            if count % 1000 == 0 {
                self.progress.update(rows.progress(), count);
                if self.stop.load(Ordering::Relaxed) {
                    return Err(ImportError::Interrupted);
                }
            }
        }
        Ok(())
    }
}
