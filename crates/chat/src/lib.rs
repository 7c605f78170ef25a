//! Placeholder.

pub mod database;
