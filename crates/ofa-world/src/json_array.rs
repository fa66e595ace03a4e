//! The text around and between the records of a JSON array, as Python's `json.dump` would lay it out
//! with one record a line.

/// Comes before the first record.
pub const OPEN: &str = "[\n";
/// Comes between two records.
pub const SEPARATOR: &str = ",\n";
/// Comes after the last record.
pub const CLOSE: &str = "\n]\n";
