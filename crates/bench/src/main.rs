//! Measures: `bench <scenario>`, or `bench all`.

fn main() {}
