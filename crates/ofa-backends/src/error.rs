//! Why there is no backend.

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a backend cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program has no such backend in it.
    #[error("--backend {0}: this program was built without it; use --backend flex")]
    NotBuilt(&'static str),
    /// No graphics adapter, not even one in software.
    #[error(
        "--backend wgpu: no graphics adapter was found; install a Vulkan driver, or use --backend flex"
    )]
    NoAdapter,
}
