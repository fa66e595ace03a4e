//! One step of training, shared by threads.
//!
//! The loss ties all pairs of a batch together, the towers do not. So the towers run first, on parts
//! of the batch, each on a thread of its own with its own graph; the loss is taken over all
//! embeddings; and what it says to each embedding goes back through the part that made it.

use burn::module::AutodiffModule;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};
use ofa_clip::VisionConfig;

use crate::batch::{padded, patches};
use crate::loss::contrast;
use crate::tower::TrainedClip;
use crate::{Error, Result};

/// Sequences that go through a tower at once: few enough to stay in the caches.
const PIECE: usize = 32;

/// A batch of pairs.
pub struct Pairs<'a> {
    /// `size * size * 3` bytes each.
    pub pictures: Vec<&'a [u8]>,
    /// Token ids, start and end tokens included.
    pub texts: Vec<&'a [u32]>,
    /// Equal for equal texts.
    pub text_numbers: Vec<u64>,
}

/// The threads that parts of a batch run on.
pub struct Threads {
    pools: Vec<rayon::ThreadPool>,
}

impl Threads {
    /// So many parts, each with a thread of its own.
    ///
    /// Results depend on the number of parts in their last bits.
    ///
    /// # Errors
    /// [`Error::Backend`] where threads cannot be started.
    pub fn new(parts: usize) -> Result<Self> {
        let pools = (0..parts)
            .map(|_| {
                // The backend spreads over the pool it is called in: over this one thread.
                let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
                pool.map_err(|error| Error::Backend(error.to_string()))
            })
            .collect::<Result<_>>()?;
        Ok(Self { pools })
    }

    /// Runs each item's work on a thread of its own.
    pub fn each<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Sync + Send,
    ) -> Vec<R> {
        let work = &work;
        std::thread::scope(|scope| {
            let running: Vec<_> = (items.into_iter().zip(&self.pools))
                .map(|(item, pool)| scope.spawn(move || pool.install(|| work(item))))
                .collect();
            let joined = running.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pools.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }
}

/// The loss of a batch and the gradients of all parameters.
///
/// # Errors
/// [`Error::Backend`] where the backend fails.
pub fn gradients<B: AutodiffBackend>(
    model: &TrainedClip<B>,
    vision: &VisionConfig,
    pairs: &Pairs<'_>,
    threads: &Threads,
    device: &B::Device,
) -> Result<(f64, GradientsParams)> {
    let n = pairs.pictures.len();
    // Sorted by length, pieces have little padding; dealt in turn, parts have equal work.
    let mut by_length: Vec<usize> = (0..n).collect();
    by_length.sort_by_key(|&pair| pairs.texts[pair].len());
    // A part without pairs would have nothing to run.
    let parts = threads.len().min(n / 2).max(1);
    let parts: Vec<Part> = (0..parts)
        .map(|part| Part::new(part, parts, &by_length, n))
        .collect();

    // A graph is locked while it is walked back, and shared leaves would join the graphs of all
    // parts. Clones of a module without gradients forget which parameters want one.
    let parts = parts
        .into_iter()
        .map(|part| (part, TrainedClip::<B>::from_inner(model.valid())))
        .collect();
    let ran = threads.each(parts, |(part, own): (Part, TrainedClip<B>)| {
        let image = part.images.chunks(PIECE).map(|piece| {
            let pictures = piece.iter().map(|&pair| pairs.pictures[pair]);
            own.vision.embeddings(patches(pictures, vision, device))
        });
        let image = Tensor::cat(image.collect(), 0);
        let text = part.texts.chunks(PIECE).map(|piece| {
            let piece = padded(piece.iter().map(|&pair| pairs.texts[pair]));
            own.text.embeddings(&piece.input_ids, &piece.ends, device)
        });
        let text = Tensor::cat(text.collect(), 0);
        (part, own, image, text)
    });

    let all = |side: fn(&Ran<B>) -> Side<'_, B>| -> Result<_> {
        let mut rows = Vec::new();
        let mut width = 0;
        for part in &ran {
            let (order, embeddings) = side(part);
            width = embeddings.dims()[1];
            rows.resize(n * width, 0.0);
            let values = crate::tower::read(embeddings.clone().inner())?;
            for (&pair, row) in order.iter().zip(values.chunks(width)) {
                rows[pair * width..][..width].copy_from_slice(row);
            }
        }
        let data = TensorData::new(rows, [n, width]);
        Ok(Tensor::<B::InnerBackend, 2>::from_data(data, device))
    };
    let said = contrast::<B>(
        all(|ran| (&ran.0.images, &ran.2))?,
        all(|ran| (&ran.0.texts, &ran.3))?,
        model.logit_scale.val().inner(),
        &pairs.text_numbers,
    );
    let loss = f64::from(crate::tower::read(said.loss)?[0]);

    let (image_gradient, text_gradient) = (&said.image, &said.text);
    let gradients = threads.each(ran, |(part, own, image, text)| {
        let back =
            |embeddings: Tensor<B, 2>, order: &[usize], gradient: &Tensor<B::InnerBackend, 2>| {
                let order: Vec<i32> = order.iter().map(|&pair| pair as i32).collect();
                let length = order.len();
                let order = TensorData::new(order, [length]);
                let rows = gradient.clone().select(0, Tensor::from_data(order, device));
                (embeddings * Tensor::from_inner(rows)).sum()
            };
        let image = back(image, &part.images, image_gradient);
        let text = back(text, &part.texts, text_gradient);
        GradientsParams::from_grads((image + text).backward(), &own)
    });
    let mut sum = GradientsAccumulator::new();
    for part in gradients {
        sum.accumulate(model, part);
    }
    let mut gradients = sum.grads();
    gradients.register(model.logit_scale.id, said.logit_scale);
    Ok((loss, gradients))
}

/// The pairs of a part in the order of its embeddings, and those.
type Side<'a, B> = (&'a [usize], &'a Tensor<B, 2>);

/// A part of a batch, its towers, and their image and text embeddings.
type Ran<B> = (Part, TrainedClip<B>, Tensor<B, 2>, Tensor<B, 2>);

/// The pairs whose pictures and whose texts a part takes.
struct Part {
    images: Vec<usize>,
    texts: Vec<usize>,
}

impl Part {
    fn new(part: usize, parts: usize, by_length: &[usize], n: usize) -> Self {
        let pieces = by_length.chunks(n.div_ceil(parts * (n / (parts * PIECE)).max(1)));
        let texts = pieces
            .enumerate()
            .filter(|(piece, _)| piece % parts == part);
        let texts: Vec<usize> = texts.flat_map(|(_, piece)| piece.to_vec()).collect();
        Self {
            images: (0..n).filter(|pair| pair % parts == part).collect(),
            texts,
        }
    }
}
