//! The towers, the loss, and training at a very small size.

mod small;
mod towers;
mod training;
