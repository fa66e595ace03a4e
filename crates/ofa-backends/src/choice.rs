//! Which backend a program takes, and why.

#[cfg(feature = "wgpu")]
use crate::adapters;
use crate::{Backend, Error, Result};

/// A backend as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// wgpu where there is a GPU, else flex.
    Auto,
    /// wgpu on a GPU, or on a software adapter where there is none.
    Wgpu,
    /// candle on the CPU.
    Candle,
    /// flex on the CPU.
    Flex,
}

/// The backend that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The backend.
    pub backend: Backend,
    /// Which one it is, on what, and why, as a user is told.
    pub told: String,
}

/// Chooses the backend that is asked for.
///
/// Costs a look at the machine's adapters where wgpu may be taken.
///
/// # Errors
/// - [`Error::NotBuilt`]: it is asked for by name, and this program has none.
/// - [`Error::NoAdapter`]: wgpu is asked for by name, and there is no adapter.
pub fn choose(choice: Choice) -> Result<Chosen> {
    match choice {
        Choice::Flex => Ok(flex("as asked")),
        Choice::Candle => candle(),
        Choice::Wgpu => wgpu(),
        Choice::Auto => gpu_or_flex(),
    }
}

fn flex(reason: &str) -> Chosen {
    let threads = rayon::current_num_threads();
    Chosen {
        backend: Backend::Flex,
        told: format!("flex on the CPU, {threads} threads ({reason})"),
    }
}

#[cfg(feature = "candle")]
fn candle() -> Result<Chosen> {
    Ok(Chosen {
        backend: Backend::Candle,
        told: "candle on the CPU, as asked".to_owned(),
    })
}

#[cfg(not(feature = "candle"))]
fn candle() -> Result<Chosen> {
    Err(Error::NotBuilt("candle"))
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Chosen> {
    let adapters = adapters::all();
    let gpu = adapters.iter().find(|adapter| adapters::is_gpu(adapter));
    let adapter = gpu.or(adapters.first()).ok_or(Error::NoAdapter)?;
    Ok(wgpu_on(adapter, ", as asked"))
}

#[cfg(feature = "wgpu")]
fn wgpu_on(adapter: &wgpu::AdapterInfo, reason: &str) -> Chosen {
    let wgpu::AdapterInfo {
        name, device_type, ..
    } = adapter;
    Chosen {
        backend: Backend::Wgpu,
        told: format!("wgpu on {name} ({device_type:?}){reason}"),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Chosen> {
    Err(Error::NotBuilt("wgpu"))
}

#[cfg(feature = "wgpu")]
fn gpu_or_flex() -> Result<Chosen> {
    let adapters = adapters::all();
    let gpu = adapters.iter().find(|adapter| adapters::is_gpu(adapter));
    Ok(match gpu {
        Some(adapter) => wgpu_on(adapter, ""),
        None => flex("no GPU was found"),
    })
}

#[cfg(not(feature = "wgpu"))]
fn gpu_or_flex() -> Result<Chosen> {
    Ok(flex("this program was built without wgpu"))
}
