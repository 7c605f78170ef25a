//! CPU time, memory, threads and files of a process, from `/proc`.

use std::{fs, time::Duration};

/// Resident memory of a process, in kB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Shared pages count in full.
    pub rss: u64,
    /// Shared pages count in proportion to the processes that share them.
    pub pss: u64,
}

/// CPU time since the start of a process, user and system. The kernel scales both so that their sum
/// is exact, but reports it in ticks of 10 ms.
pub fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    Duration::from_millis(ticks(&stat).unwrap_or_default() * 10)
}

/// CPU time of a process and of its children: of Postgres, for example.
pub fn cpu_time_of_tree(pid: u32) -> Duration {
    let mut processes: Vec<_> = children(pid);
    processes.push(pid);
    processes.into_iter().map(cpu).sum()
}

/// Direct child processes.
pub fn children(of: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = processes
        .flatten()
        .filter_map(|process| process.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent(*pid) == Some(of)).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
    parent.parse().ok()
}

/// Measures CPU time from its creation on.
pub struct CpuMeter {
    read: Box<dyn Fn() -> Duration + Send>,
    before: Duration,
}

impl CpuMeter {
    /// Measures one process.
    pub fn start(pid: u32) -> Self {
        Self::of(move || cpu(pid))
    }

    /// Measures a process and its children. A child that ends meanwhile no longer counts.
    pub fn start_tree(pid: u32) -> Self {
        Self::of(move || cpu_time_of_tree(pid))
    }

    fn of(read: impl Fn() -> Duration + Send + 'static) -> Self {
        Self {
            before: read(),
            read: Box::new(read),
        }
    }

    pub fn spent(&self) -> Duration {
        (self.read)().saturating_sub(self.before)
    }
}

fn ticks(stat: &str) -> Option<u64> {
    // The name, in brackets, may contain spaces and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let own: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(own + kernel)
}

pub fn memory(pid: u32) -> Memory {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    Memory {
        rss: kilobytes(&rollup, "Rss:"),
        pss: kilobytes(&rollup, "Pss:"),
    }
}

/// Peak resident memory since the start of a process, in kB.
pub fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    kilobytes(&status, "VmHWM:")
}

pub fn threads(pid: u32) -> u64 {
    entries(&format!("/proc/{pid}/task"))
}

pub fn descriptors(pid: u32) -> u64 {
    entries(&format!("/proc/{pid}/fd"))
}

fn entries(folder: &str) -> u64 {
    fs::read_dir(folder).map_or(0, |entries| entries.count() as u64)
}

fn kilobytes(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|it| it.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{cpu, descriptors, kilobytes, memory, threads, ticks};

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("12 (a"), None);
    }

    #[test]
    fn lines_are_found_by_their_names() {
        let text = "Rss:     120 kB\nPss:      60 kB\n";
        assert_eq!(kilobytes(text, "Pss:"), 60);
        assert_eq!(kilobytes(text, "Uss:"), 0);
    }

    #[test]
    fn we_take_something_ourselves() {
        let pid = std::process::id();
        assert!(memory(pid).rss > 0 && threads(pid) > 0 && descriptors(pid) > 0);
        assert_eq!(cpu(u32::MAX), std::time::Duration::ZERO);
    }
}
