//! The priority of threads that work for long without a pause: whoever chats goes first.

/// How much nicer such a thread is than the others: a tenth of their weight (sched(7)).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The highest that there is (sched(7)).
#[cfg(target_os = "linux")]
const MAX_NICENESS: i32 = 19;

/// Lowers the priority of this thread. Linux has one for each thread; elsewhere it stays as it is.
pub fn lower() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let thread = Some(rustix::thread::gettid());
        // From where the process is: the operator may have started it with `nice`, and root may go back.
        let lowered = getpriority_process(thread).and_then(|niceness| {
            setpriority_process(thread, (niceness + NICENESS).min(MAX_NICENESS))
        });
        if let Err(error) = lowered {
            tracing::debug!(%error, "a thread has the usual priority");
        }
    }
}
