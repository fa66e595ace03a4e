//! The module with Parquet and the page about a subset, and without an encoder.
use ofa_web as _;
