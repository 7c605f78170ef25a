//! Imports of the history of another system.

mod batches;
mod dump;
mod numbers;
mod places;
mod reading;

use dump::{Dump, all, app_caller, group, history, id, message};
