//! Importing dumps of the five systems, in all forms in which their tools write them.

#[path = "../common/mod.rs"]
mod common;
mod doors;
mod exports;
mod formats;
mod history;
mod resumption;
mod sources;
