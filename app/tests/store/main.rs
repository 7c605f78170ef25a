//! Tests of the browser's store: events in order and out of order, the outbox, receipts, rows.

mod outbox;
mod profiles;
mod receipts;
mod reordering;
mod rows;
mod test_server;
mod users;
