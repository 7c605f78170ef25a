//! Tests of the browser's store: events in order and out of order, the outbox, receipts, rows,
//! what a change says that it has changed, the window.

mod changes;
mod outbox;
mod profiles;
mod reading;
mod receipts;
mod reordering;
mod rows;
mod test_server;
mod users;
mod window;
