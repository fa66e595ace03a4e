//! Computing on the CPU: one thread with vectors. Several workers are several threads.

use burn_flex::FlexDevice;
use ofa_clip::ClipConfig;

use crate::failure::Result;

/// What tensors are on.
pub(crate) type Backend = burn_flex::Flex;

/// The processor, which is there and does not go away.
pub(crate) struct Engine {
    device: FlexDevice,
}

impl Engine {
    pub(crate) async fn open(_: &ClipConfig) -> Result<Self> {
        Ok(Self { device: FlexDevice })
    }

    pub(crate) fn device(&self) -> &FlexDevice {
        &self.device
    }

    /// What is done before weights are read: a tensor is where it belongs once it is made.
    pub(crate) fn before_reading(&self) -> impl Fn(usize) + 'static {
        |_| {}
    }

    pub(crate) async fn loaded(&self) -> Result<()> {
        Ok(())
    }

    /// As many as the caller has memory for.
    pub(crate) fn most_images(&self, _: &ClipConfig) -> usize {
        usize::MAX
    }

    pub(crate) async fn watch<T>(
        &self,
        work: impl Future<Output = ofa_clip::Result<T>>,
    ) -> Result<T> {
        Ok(work.await?)
    }
}
