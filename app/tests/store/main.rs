//! What the browser's store makes of events, whatever happens to them on their way.

mod disorder;
mod outbox;
mod reading;
mod rows;
mod world;
