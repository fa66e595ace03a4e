//! The module with the encoder on WebGPU alone.
use ofa_web as _;
