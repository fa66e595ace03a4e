//! Computing on WebGPU.
//!
//! The device is asked for here and not by burn, which panics where there is none, and neither looks
//! at the errors that the browser reports beside the results nor at the loss of the device.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use burn::tensor::backend::Backend as _;
use burn_wgpu::{RuntimeOptions, WgpuDevice, WgpuSetup, init_device};
use ofa_clip::ClipConfig;
use send_wrapper::SendWrapper;
use wgpu::{Features, Limits};

use crate::failure::{Failure, FailureCode, Result};

/// What tensors are on.
///
/// Without fusion and without autotune, which this crate's features leave out: the first time that
/// each shape is met both compile and try dozens of kernels, for minutes.
pub(crate) type Backend = burn_wgpu::Wgpu;

/// Bytes of files that are read before tensors of them are handed to the browser. Small ones go together.
const QUEUED: usize = 1 << 20;

/// A device of the browser.
pub(crate) struct Engine {
    device: WgpuDevice,
    limits: Limits,
    trouble: Rc<RefCell<Trouble>>,
}

/// What the browser reported beside the results.
#[derive(Default)]
struct Trouble {
    /// The device went away.
    lost: Option<String>,
    /// The first error that was not tied to a call: what is computed since cannot be trusted.
    error: Option<String>,
    /// Who waits for results, which a lost device never gives.
    waiting: Vec<Waker>,
}

impl Engine {
    /// Asks for a device that can hold the encoder.
    pub(crate) async fn open(config: &ClipConfig) -> Result<Self> {
        let unavailable = |problem: String| {
            Failure::new(
                FailureCode::BackendUnavailable,
                format!("WebGPU: {problem}; use the backend `cpu`"),
            )
        };
        let backends = wgpu::Backends::BROWSER_WEBGPU;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                force_fallback_adapter: false,
                compatible_surface: None,
            })
            .await
            .map_err(|error| unavailable(format!("this browser gives no adapter ({error})")))?;
        // Without it cubecl would measure time by waiting, and panics because a browser does not allow
        // that. Nothing is measured here: the package lets adapters say that they have it.
        if !adapter.features().contains(Features::TIMESTAMP_QUERY) {
            let problem = "the adapter does not name the feature `timestamp-query`";
            return Err(unavailable(problem.to_owned()));
        }
        let limits = adapter.limits();
        let needed = largest_tensor(config);
        let holds = limits
            .max_buffer_size
            .min(limits.max_storage_buffer_binding_size);
        if needed > holds {
            return Err(unavailable(format!(
                "the encoder's largest tensor takes {needed} bytes, a buffer of this adapter at most {holds}"
            )));
        }
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                // cubecl goes by what the adapter has, so the device gets those of it that cubecl's
                // programs may use.
                required_features: adapter.features() & (Features::SHADER_F16 | Features::SUBGROUP),
                required_limits: limits.clone(),
                memory_hints: wgpu::MemoryHints::MemoryUsage,
                ..Default::default()
            })
            .await
            .map_err(|error| unavailable(format!("the adapter gives no device ({error})")))?;
        let trouble = Rc::<RefCell<Trouble>>::default();
        report_loss(&device, &trouble);
        report_errors(&device, &trouble);
        let setup = WgpuSetup {
            instance,
            adapter,
            device,
            queue,
            backend: wgpu::Backend::BrowserWebGpu,
        };
        Ok(Self {
            device: init_device(setup, RuntimeOptions::default()),
            limits,
            trouble,
        })
    }

    pub(crate) fn device(&self) -> &WgpuDevice {
        &self.device
    }

    /// What is done before weights are read: those that were read before are handed to the browser.
    ///
    /// Tensors stand in a queue otherwise, in this module's memory, until there are some dozens.
    pub(crate) fn before_reading(&self) -> impl Fn(usize) + 'static {
        let device = self.device.clone();
        let read = Cell::new(0);
        move |bytes| {
            if read.get() >= QUEUED {
                Backend::memory_cleanup(&device);
                read.set(0);
            }
            read.set(read.get() + bytes);
        }
    }

    /// Waits until the weights are on the device, and lets go of what carried them there.
    pub(crate) async fn loaded(&self) -> Result<()> {
        Backend::memory_cleanup(&self.device);
        self.check()
    }

    /// How many images one batch may have, so that no tensor is larger than a buffer may be.
    pub(crate) fn most_images(&self, config: &ClipConfig) -> usize {
        let vision = &config.vision;
        let positions = vision.positions() as u64;
        let attention = vision.num_attention_heads as u64 * positions * positions;
        let hidden = positions * vision.intermediate_size.max(3 * vision.hidden_size) as u64;
        let bytes = 4 * attention.max(hidden);
        let holds = self.limits.max_storage_buffer_binding_size / bytes;
        usize::try_from(holds).unwrap_or(usize::MAX).max(1)
    }

    /// Waits for results. They count only if the browser reported no error meanwhile.
    pub(crate) async fn watch<T>(
        &self,
        work: impl Future<Output = ofa_clip::Result<T>>,
    ) -> Result<T> {
        self.check()?;
        let mut work = pin!(work);
        let done = std::future::poll_fn(|context| {
            // What is still waited for after a loss fails in a panic, so the loss comes first.
            if let Err(failure) = self.check_device() {
                return Poll::Ready(Err(failure));
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            let waiting = &mut self.trouble.borrow_mut().waiting;
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await?;
        self.check()?;
        Ok(done?)
    }

    fn check_device(&self) -> Result<()> {
        match &self.trouble.borrow().lost {
            None => Ok(()),
            Some(reason) => Err(Failure::new(
                FailureCode::DeviceLost,
                format!("WebGPU: the device was lost ({reason})"),
            )),
        }
    }

    fn check(&self) -> Result<()> {
        self.check_device()?;
        match &self.trouble.borrow().error {
            None => Ok(()),
            Some(error) => Err(Failure::new(
                FailureCode::EncoderFailed,
                format!("WebGPU: {error}"),
            )),
        }
    }
}

/// Bytes of the largest tensor of weights, as f32.
fn largest_tensor(config: &ClipConfig) -> u64 {
    let (vision, text) = (&config.vision, &config.text);
    let product = |width: usize, height: usize| width as u64 * height as u64;
    let mlp = |hidden: usize, intermediate: usize| product(hidden, intermediate.max(3 * hidden));
    4 * product(text.vocab_size, text.hidden_size)
        .max(mlp(text.hidden_size, text.intermediate_size))
        .max(mlp(vision.hidden_size, vision.intermediate_size))
        .max(product(
            vision.hidden_size,
            3 * vision.patch_size * vision.patch_size,
        ))
        .max(product(vision.hidden_size, vision.positions()))
}

fn report_loss(device: &wgpu::Device, trouble: &Rc<RefCell<Trouble>>) {
    let trouble = SendWrapper::new(Rc::clone(trouble));
    device.set_device_lost_callback(move |reason, message| {
        let waiting = {
            let mut trouble = trouble.borrow_mut();
            trouble.lost = Some(format!("{reason:?}: {message}"));
            std::mem::take(&mut trouble.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    });
}

fn report_errors(device: &wgpu::Device, trouble: &Rc<RefCell<Trouble>>) {
    let trouble = SendWrapper::new(Rc::clone(trouble));
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        trouble
            .borrow_mut()
            .error
            .get_or_insert_with(|| error.to_string());
    }));
}
