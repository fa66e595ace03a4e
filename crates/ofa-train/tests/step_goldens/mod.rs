//! Forward pass and AdamW steps against PyTorch, on any backend.
//! Goldens: `tests/goldens/training/step-<mode>.safetensors`.
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};
use ofa_core::selector::{FusionMode, SelectorConfig, SelectorWeights};
use ofa_train::{Batch, FusionClassifier, LabelledRows, TrainOptions, Trainer};
use safetensors::SafeTensors;

/// Largest absolute difference allowed in a logit, a gate, a loss or a parameter.
const TOLERANCE: f32 = 1e-5;

/// The sizes in the generator.
const DIM: usize = 12;
const HIDDEN: usize = 20;
const GATE_HIDDEN: usize = 10;
const CLASSES: usize = 7;

/// Compares all four fusion modes with PyTorch and prints the largest differences; `goldens` is
/// the folder of the golden files.
pub(crate) fn follows_pytorch<B: AutodiffBackend>(
    backend: &str,
    goldens: &str,
    device: &B::Device,
) {
    let modes = [
        ("full", FusionMode::Full),
        ("static_gate", FusionMode::StaticGate),
        ("no_interaction", FusionMode::NoInteraction),
        ("concat", FusionMode::Concat),
    ];
    for (name, mode) in modes {
        let path = format!("{goldens}/step-{name}.safetensors");
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let golden = SafeTensors::deserialize(&bytes).expect("a golden");
        check_mode::<B>(&format!("{backend}, {name}"), mode, &golden, device);
    }
}

fn check_mode<B: AutodiffBackend>(
    case: &str,
    mode: FusionMode,
    golden: &SafeTensors<'_>,
    device: &B::Device,
) {
    let config = SelectorConfig {
        feature_dim: DIM,
        hidden_dim: HIDDEN,
        gate_hidden_dim: GATE_HIDDEN,
        num_clusters: CLASSES,
        fusion_mode: mode,
    };
    let model =
        FusionClassifier::<B>::from_weights(&config, &weights(golden, "before", &config), device)
            .expect("weights that fit");
    let labels = golden.tensor("label").expect("labels").data();
    let labels = labels.chunks_exact(8).map(|b| b[0].into()).collect(); // i64 below 7
    let rows = LabelledRows::new(
        DIM,
        CLASSES,
        floats(golden, "image"),
        floats(golden, "text"),
        labels,
    )
    .expect("valid rows");
    let all: Vec<usize> = (0..rows.len()).collect();
    let (plain_logits, plain_gate) =
        inference_differs::<B::InnerBackend>(&config, golden, &rows, device);

    let batch: Batch<B> = rows.batch(&all, device);
    let prediction = model.forward(batch.image.clone(), batch.text.clone(), None);
    let logits = differs(prediction.logits, &floats(golden, "logits"));
    let gate = differs(prediction.gate, &floats(golden, "gate"));

    // Large, so that a wrong epsilon, decay or bias correction shows.
    let options = TrainOptions {
        learning_rate: 1e-2,
        weight_decay: 5e-2,
        ..TrainOptions::default()
    };
    let mut trainer = Trainer::new(model, &options);
    let loss = differs(trainer.step(batch.clone(), None), &floats(golden, "loss"));
    let one_step = parameters_differ(&trainer, golden, "after1", &config);
    trainer.step(batch.clone(), None);
    trainer.step(batch, None);
    let three_steps = parameters_differ(&trainer, golden, "after3", &config);
    println!(
        "{case}: logits {logits:.1e}, gate {gate:.1e}, without gradients {plain_logits:.1e} and \
         {plain_gate:.1e}, loss {loss:.1e}, parameters after 1 step {one_step:.1e}, after 3 steps \
         {three_steps:.1e}"
    );
    for found in [
        logits,
        gate,
        plain_logits,
        plain_gate,
        loss,
        one_step,
        three_steps,
    ] {
        assert!(found <= TOLERANCE, "{case}: {found}");
    }
}

/// Logits and gate of the backend itself, without autodiff around it: what validation runs on.
fn inference_differs<B: Backend>(
    config: &SelectorConfig,
    golden: &SafeTensors<'_>,
    rows: &LabelledRows,
    device: &B::Device,
) -> (f32, f32) {
    let weights = weights(golden, "before", config);
    let model = FusionClassifier::<B>::from_weights(config, &weights, device).expect("they fit");
    // Two rows and the rest: what is beside a row must not matter.
    let all: Vec<usize> = (0..rows.len()).collect();
    let (mut logits, mut gate) = (Vec::new(), Vec::new());
    for part in [&all[..2], &all[2..]] {
        let batch: Batch<B> = rows.batch(part, device);
        let prediction = model.forward(batch.image, batch.text, None);
        logits.push(prediction.logits);
        gate.push(prediction.gate);
    }
    (
        differs(Tensor::cat(logits, 0), &floats(golden, "logits")),
        differs(Tensor::cat(gate, 0), &floats(golden, "gate")),
    )
}

fn parameters_differ<B: AutodiffBackend>(
    trainer: &Trainer<B>,
    golden: &SafeTensors<'_>,
    prefix: &str,
    config: &SelectorConfig,
) -> f32 {
    let found = trainer
        .classifier()
        .to_weights(config)
        .expect("readable weights");
    let expected = weights(golden, prefix, config);
    let largest = SelectorWeights::tensor_shapes(config)
        .iter()
        .filter_map(|tensor| {
            let found = found.tensor(tensor.name);
            let expected = expected.tensor(tensor.name);
            assert_eq!(found.is_some(), expected.is_some(), "{}", tensor.name);
            Some(largest_difference(found?, expected?))
        })
        .fold(0.0, f32::max);
    assert_ne!(
        expected,
        weights(golden, "before", config),
        "the golden's steps move the weights"
    );
    largest
}

/// The golden's weights under a prefix: exactly the tensors that the fusion mode uses.
fn weights(golden: &SafeTensors<'_>, prefix: &str, config: &SelectorConfig) -> SelectorWeights {
    let mut used = 0;
    let weights = SelectorWeights::from_tensors(config, "", |tensor| {
        let name = format!("{prefix}.{}", tensor.name);
        let Ok(view) = golden.tensor(&name) else {
            return Ok(None);
        };
        assert_eq!(view.shape(), tensor.shape, "{name}");
        used += 1;
        Ok(Some(floats(golden, &name)))
    });
    let prefix = format!("{prefix}.");
    let held = golden
        .names()
        .into_iter()
        .filter(|name| name.starts_with(&prefix))
        .count();
    assert_eq!(used, held, "every tensor of the golden is used");
    weights.expect("the golden has every tensor")
}

fn differs<B: Backend, const D: usize>(found: Tensor<B, D>, expected: &[f32]) -> f32 {
    let found: TensorData = found.into_data();
    largest_difference(
        &found.convert::<f32>().into_vec::<f32>().expect("f32"),
        expected,
    )
}

fn largest_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    // A NaN must not hide behind `max`.
    assert!(found.iter().all(|x| x.is_finite()));
    found
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

fn floats(golden: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let tensor = golden
        .tensor(name)
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(tensor.dtype(), safetensors::Dtype::F32, "{name}");
    let bytes = |b: &[u8]| f32::from_le_bytes(b.try_into().expect("four bytes"));
    tensor.data().chunks_exact(4).map(bytes).collect()
}
