//! Which backend runs the models, as it is asked for.

use anyhow::Result;
use clap::ValueEnum;
use ofa_backends::{Backend, Choice, Chosen};

/// A backend as it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    /// wgpu where there is a GPU, else flex
    #[default]
    Auto,
    /// A GPU, by Vulkan, Metal or Direct3D 12
    Wgpu,
    /// The CPU, by candle
    Candle,
    /// The CPU, with all its threads and SIMD
    Flex,
}

impl BackendChoice {
    /// The backend that is asked for; says which one that is.
    pub(crate) fn choose(self) -> Result<Backend> {
        let Chosen { backend, told } = ofa_backends::choose(match self {
            Self::Auto => Choice::Auto,
            Self::Wgpu => Choice::Wgpu,
            Self::Candle => Choice::Candle,
            Self::Flex => Choice::Flex,
        })?;
        eprintln!("backend: {told}");
        Ok(backend)
    }
}
