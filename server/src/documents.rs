//! What the documents of the public API and of the contracts are written with: JSON Schemas,
//! operations of REST for `OpenAPI`, and events of Socket.IO for `AsyncAPI`.
//!
//! A document is built once, when the server starts.

pub mod asyncapi;
pub mod endpoint;
pub mod openapi;
pub mod schema;
