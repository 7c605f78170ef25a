//! Sorts more records than fit into memory: sorted runs in temporary files, and a merge of them.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::PathBuf,
};

/// Bytes of keys and payloads in memory; beyond it a run is written.
const MAX_BUFFERED_BYTES: usize = 48 << 20;

/// Runs that are merged at once, each with a file and a buffer of 64 KiB. More are first merged into
/// longer ones.
const MAX_MERGED_RUNS: usize = 64;

const RUN_BUFFER_BYTES: usize = 64 << 10;

/// Takes records in any order.
pub struct ExternalSort {
    folder: PathBuf,
    buffered: Vec<(Vec<u8>, Vec<u8>)>,
    buffered_bytes: usize,
    max_buffered_bytes: usize,
    runs: Vec<File>,
}

/// The records by key; those of the same key in the order in which they came.
pub struct Sorted {
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    payloads: Vec<Vec<u8>>,
    runs: Vec<Run>,
}

enum Run {
    Memory(std::vec::IntoIter<(Vec<u8>, Vec<u8>)>),
    Disk(BufReader<File>),
}

impl ExternalSort {
    /// Runs go into unnamed files in the system's folder for temporary files.
    pub fn new() -> Self {
        Self::with_buffer(MAX_BUFFERED_BYTES)
    }

    fn with_buffer(max_buffered_bytes: usize) -> Self {
        Self {
            folder: std::env::temp_dir(),
            buffered: Vec::new(),
            buffered_bytes: 0,
            max_buffered_bytes,
            runs: Vec::new(),
        }
    }

    pub fn push(&mut self, key: Vec<u8>, payload: Vec<u8>) -> io::Result<()> {
        // Two vectors take about 64 bytes beside their content.
        self.buffered_bytes += key.len() + payload.len() + 64;
        self.buffered.push((key, payload));
        if self.buffered_bytes >= self.max_buffered_bytes {
            self.write_run()?;
        }
        Ok(())
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.buffered
            .sort_by(|(left, _), (right, _)| left.cmp(right));
        let mut run = BufWriter::with_capacity(RUN_BUFFER_BYTES, unnamed_file(&self.folder)?);
        for (key, payload) in self.buffered.drain(..) {
            write_record(&mut run, &key, &payload)?;
        }
        self.buffered_bytes = 0;
        self.runs.push(finish(run)?);
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<Sorted> {
        self.buffered
            .sort_by(|(left, _), (right, _)| left.cmp(right));
        while self.runs.len() > MAX_MERGED_RUNS {
            let rest = self.runs.split_off(MAX_MERGED_RUNS);
            let first = std::mem::take(&mut self.runs);
            let mut merged = Sorted::new(first.into_iter().map(Run::from).collect())?;
            let mut run = BufWriter::with_capacity(RUN_BUFFER_BYTES, unnamed_file(&self.folder)?);
            while let Some((key, payload)) = merged.next()? {
                write_record(&mut run, &key, &payload)?;
            }
            self.runs.push(finish(run)?);
            self.runs.extend(rest);
        }
        let mut runs: Vec<_> = self.runs.into_iter().map(Run::from).collect();
        runs.push(Run::Memory(self.buffered.into_iter()));
        Sorted::new(runs)
    }
}

impl Sorted {
    fn new(mut runs: Vec<Run>) -> io::Result<Self> {
        let mut heads = BinaryHeap::with_capacity(runs.len());
        let mut payloads = vec![Vec::new(); runs.len()];
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some((key, payload)) = run.next()? {
                heads.push(Reverse((key, number)));
                payloads[number] = payload;
            }
        }
        Ok(Self {
            heads,
            payloads,
            runs,
        })
    }

    /// Key and payload of the next record.
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot fail")]
    pub fn next(&mut self) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
        let Some(Reverse((key, number))) = self.heads.pop() else {
            return Ok(None);
        };
        let payload = std::mem::take(&mut self.payloads[number]);
        if let Some((key, payload)) = self.runs[number].next()? {
            self.heads.push(Reverse((key, number)));
            self.payloads[number] = payload;
        }
        Ok(Some((key, payload)))
    }
}

impl Run {
    fn next(&mut self) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
        match self {
            Self::Memory(records) => Ok(records.next()),
            Self::Disk(file) => read_record(file),
        }
    }
}

impl From<File> for Run {
    fn from(file: File) -> Self {
        Self::Disk(BufReader::with_capacity(RUN_BUFFER_BYTES, file))
    }
}

/// A file without a name, which is gone with its last handle, also after a crash.
fn unnamed_file(folder: &std::path::Path) -> io::Result<File> {
    let name = format!(
        ".parlance-sort-{}-{:016x}",
        std::process::id(),
        rand::random::<u64>()
    );
    let path = folder.join(name);
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

fn finish(run: BufWriter<File>) -> io::Result<File> {
    let mut file = run.into_inner()?;
    file.rewind()?;
    Ok(file)
}

fn write_record(run: &mut impl Write, key: &[u8], payload: &[u8]) -> io::Result<()> {
    for part in [key, payload] {
        let length = u32::try_from(part.len()).map_err(io::Error::other)?;
        run.write_all(&length.to_le_bytes())?;
    }
    run.write_all(key)?;
    run.write_all(payload)
}

fn read_record(run: &mut impl Read) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut lengths = [0; 8];
    match run.read_exact(&mut lengths) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = |from: usize| {
        let bytes = [
            lengths[from],
            lengths[from + 1],
            lengths[from + 2],
            lengths[from + 3],
        ];
        u32::from_le_bytes(bytes) as usize
    };
    let (mut key, mut payload) = (vec![0; length(0)], vec![0; length(4)]);
    run.read_exact(&mut key)?;
    run.read_exact(&mut payload)?;
    Ok(Some((key, payload)))
}

#[cfg(test)]
mod tests {
    use super::ExternalSort;

    #[test]
    fn records_come_in_order_from_memory_and_from_many_runs() {
        for (max_buffered_bytes, count) in [(1 << 20, 500_u32), (4096, 20_000), (512, 20_000)] {
            let mut sort = ExternalSort::with_buffer(max_buffered_bytes);
            for n in 0..count {
                let key = n.wrapping_mul(2_654_435_761) % 1000;
                sort.push(key.to_be_bytes().to_vec(), n.to_be_bytes().to_vec())
                    .unwrap();
            }
            let mut sorted = sort.finish().unwrap();
            let mut records = Vec::new();
            while let Some(record) = sorted.next().unwrap() {
                records.push(record);
            }
            assert_eq!(records.len(), count as usize);
            assert!(records.is_sorted(), "by key, then in the order of arrival");
        }
    }
}
