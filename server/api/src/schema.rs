//! The version of the JSON shapes.

/// Grows only when a field changes its meaning; new fields do not count.
pub const SCHEMA: u32 = 1;
