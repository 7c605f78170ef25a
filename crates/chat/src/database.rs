//! Connecting to Postgres.
