//! The module with datasets, the encoding loop, scoring, selecting and the encoder on the CPU.
use ofa_web as _;
