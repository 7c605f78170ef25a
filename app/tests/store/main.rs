//! Tests of the browser's store: events in order and out of order, the outbox, receipts, rows.

mod outbox;
mod receipts;
mod reordering;
mod rows;
mod test_server;
mod users;
