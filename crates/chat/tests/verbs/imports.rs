//! Imports of the history of another system.

mod batches;
mod dump;
mod known_users;
mod numbers;
mod places;
mod reading;
mod spellings;
mod strangers;

pub use dump::{Dump, app_caller, id as dump_id, message};
use dump::{all, group, history, id, members};
