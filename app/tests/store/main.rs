//! What the browser's store makes of events, whatever happens to them on their way.

mod disorder;
mod outbox;
mod people;
mod reading;
mod rows;
mod world;
