//! Imports of the history of another system.

mod batches;
mod dump;
mod numbers;
mod places;
mod reading;

pub use dump::{Dump, app_caller, id as dump_id, message};
use dump::{all, group, history, id};
