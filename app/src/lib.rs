//! The pixels of Parlance: components, server functions, and the browser's store.

#[cfg(feature = "ssr")]
pub mod context;
pub mod error;
pub mod live;
pub mod store;
