//! The graphics adapters of the machine.

/// The adapters that wgpu finds; asked before burn is, which ends the program without one.
pub(crate) fn all() -> Vec<wgpu::AdapterInfo> {
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
pub(crate) fn is_gpu(adapter: &wgpu::AdapterInfo) -> bool {
    matches!(
        adapter.device_type,
        wgpu::DeviceType::DiscreteGpu
            | wgpu::DeviceType::IntegratedGpu
            | wgpu::DeviceType::VirtualGpu
    )
}
