//! Which backend runs the models. The only place of this crate that names one.

// burn-candle is deprecated upstream in favour of burn-flex. It stays as a second, independent
// CPU backend, against which the others are compared, as long as burn 0.21 is what we build on.
#![allow(deprecated)]

use anyhow::{Result, bail};
use burn::tensor::backend::Backend;
#[cfg(feature = "candle")]
use burn_candle::{Candle, CandleDevice};
use burn_flex::{Flex, FlexDevice};
#[cfg(feature = "wgpu")]
use burn_wgpu::{Wgpu, WgpuDevice};
use clap::ValueEnum;

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

/// Work that runs on whichever backend is chosen.
pub(crate) trait OnBackend {
    /// What it gives.
    type Output;

    /// Does the work on a device of a backend.
    fn run<B: Backend>(self, device: B::Device) -> Result<Self::Output>;
}

/// Runs work on the backend that is asked for, and says which one that is.
pub(crate) fn run<T: OnBackend>(choice: BackendChoice, work: T) -> Result<T::Output> {
    match choice {
        BackendChoice::Flex => run_on_flex(work, "as asked"),
        BackendChoice::Candle => run_on_candle(work),
        BackendChoice::Wgpu => run_on_wgpu(work),
        BackendChoice::Auto => run_on_gpu_or_flex(work),
    }
}

#[cfg(feature = "candle")]
fn run_on_candle<T: OnBackend>(work: T) -> Result<T::Output> {
    eprintln!("backend: candle on the CPU, as asked");
    work.run::<Candle>(CandleDevice::Cpu)
}

#[cfg(not(feature = "candle"))]
fn run_on_candle<T: OnBackend>(_: T) -> Result<T::Output> {
    bail!("--backend candle: this program was built without it; use --backend flex")
}

#[cfg(feature = "wgpu")]
fn run_on_wgpu<T: OnBackend>(work: T) -> Result<T::Output> {
    let adapters = adapters();
    let Some(adapter) = adapters
        .iter()
        .find(|adapter| is_gpu(adapter))
        .or(adapters.first())
    else {
        bail!(
            "--backend wgpu: no graphics adapter was found; install a Vulkan driver, or use --backend flex"
        );
    };
    eprintln!(
        "backend: wgpu on {} ({:?}), as asked",
        adapter.name, adapter.device_type
    );
    work.run::<Wgpu>(WgpuDevice::DefaultDevice)
}

#[cfg(not(feature = "wgpu"))]
fn run_on_wgpu<T: OnBackend>(_: T) -> Result<T::Output> {
    bail!("--backend wgpu: this program was built without it; use --backend flex")
}

#[cfg(feature = "wgpu")]
fn run_on_gpu_or_flex<T: OnBackend>(work: T) -> Result<T::Output> {
    match adapters().iter().find(|adapter| is_gpu(adapter)) {
        Some(adapter) => {
            eprintln!(
                "backend: wgpu on {} ({:?})",
                adapter.name, adapter.device_type
            );
            work.run::<Wgpu>(WgpuDevice::DefaultDevice)
        }
        None => run_on_flex(work, "no GPU was found"),
    }
}

#[cfg(not(feature = "wgpu"))]
fn run_on_gpu_or_flex<T: OnBackend>(work: T) -> Result<T::Output> {
    run_on_flex(work, "this program was built without wgpu")
}

fn run_on_flex<T: OnBackend>(work: T, reason: &str) -> Result<T::Output> {
    let threads = rayon::current_num_threads();
    eprintln!("backend: flex on the CPU, {threads} threads ({reason})");
    work.run::<Flex>(FlexDevice)
}

/// The adapters that wgpu finds; asked before burn is, which ends the program without one.
#[cfg(feature = "wgpu")]
fn adapters() -> Vec<wgpu::AdapterInfo> {
    // Others, such as OpenGL, cannot run the models, and asking for them is slow and noisy.
    let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    pollster::block_on(instance.enumerate_adapters(backends))
        .iter()
        .map(wgpu::Adapter::get_info)
        .collect()
}

/// Software adapters (lavapipe, SwiftShader, WARP) are far slower than flex.
#[cfg(feature = "wgpu")]
fn is_gpu(adapter: &wgpu::AdapterInfo) -> bool {
    matches!(
        adapter.device_type,
        wgpu::DeviceType::DiscreteGpu
            | wgpu::DeviceType::IntegratedGpu
            | wgpu::DeviceType::VirtualGpu
    )
}
