//! Importing dumps of the five systems, in all forms in which their tools write them.

mod bad_values;
#[path = "../common/mod.rs"]
mod common;
mod doors;
mod exports;
mod formats;
mod going_back;
mod history;
mod resumption;
mod sources;
