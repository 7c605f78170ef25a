//! Tests of the browser's store: events in order and out of order, the outbox, receipts, rows,
//! what a change says that it has changed, the window.

mod changes;
mod missed;
mod outbox;
mod personal;
mod polls;
mod profiles;
mod reading;
mod receipts;
mod reordering;
mod rows;
mod test_server;
mod threads;
mod users;
mod window;
