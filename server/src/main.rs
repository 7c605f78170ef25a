//! Parses the configuration, boots, and shuts down.

fn main() {}
