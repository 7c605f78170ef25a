//! The limit of open files, which bounds the connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files that this process may have where the system sets no limit: more than fit in memory.
const UNLIMITED: u64 = 1_000_000;

/// Raises the soft limit of open files to the hard one, and logs both. Distributions keep the soft one
/// at 1,024 for programs that use `select`, which this one does not.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => {
            let (from, to) = (shown(current), shown(maximum));
            tracing::info!("open files: at most {to} (the soft limit was {from})");
        }
        Err(error) => {
            let current = shown(current);
            tracing::warn!(%error, "open files: at most {current}, which cannot be raised");
        }
    }
}

/// Files that this process may have open.
pub fn limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED);
    usize::try_from(limit.min(UNLIMITED)).unwrap_or(usize::MAX)
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "any number".to_owned(), |limit| limit.to_string())
}
