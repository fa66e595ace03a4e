//! Forward pass and AdamW steps against PyTorch, on any backend.
//! Goldens: `tests/goldens/training/step-<mode>.safetensors`.
use ofa_core::selector::{FusionMode, SelectorConfig, SelectorWeights};
use ofa_train::{LabelledRows, Learner, Predictions, Result, TrainOptions};
use safetensors::SafeTensors;

/// Largest absolute difference allowed in a logit, a gate, a loss or a parameter.
const TOLERANCE: f32 = 1e-5;

/// The sizes in the generator.
const DIM: usize = 12;
const HIDDEN: usize = 20;
const GATE_HIDDEN: usize = 10;
const CLASSES: usize = 7;

/// What is compared: classifiers of given weights on a backend.
pub(crate) struct OnBackend<'a> {
    /// As it is called in what is printed.
    pub(crate) name: &'a str,
    /// One to be trained.
    pub(crate) learner: &'a FromWeights<'a>,
    /// What one says about rows while gradients are kept track of.
    pub(crate) predict_with_gradients: &'a PredictWithGradients<'a>,
}

type FromWeights<'a> =
    dyn Fn(&SelectorConfig, &SelectorWeights, &TrainOptions) -> Result<Box<dyn Learner>> + 'a;

type PredictWithGradients<'a> =
    dyn Fn(&SelectorConfig, &SelectorWeights, &LabelledRows) -> Result<Predictions> + 'a;

/// Compares all four fusion modes with PyTorch and prints the largest differences; `goldens` is
/// the folder of the golden files.
pub(crate) fn follows_pytorch(backend: &OnBackend<'_>, goldens: &str) {
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
        check_mode(name, mode, &golden, backend);
    }
}

fn check_mode(name: &str, mode: FusionMode, golden: &SafeTensors<'_>, backend: &OnBackend<'_>) {
    let case = format!("{}, {name}", backend.name);
    let config = SelectorConfig {
        feature_dim: DIM,
        hidden_dim: HIDDEN,
        gate_hidden_dim: GATE_HIDDEN,
        num_clusters: CLASSES,
        fusion_mode: mode,
    };
    // Large, so that a wrong epsilon, decay or bias correction shows.
    let options = TrainOptions {
        learning_rate: 1e-2,
        weight_decay: 5e-2,
        ..TrainOptions::default()
    };
    let before = weights(golden, "before", &config);
    let mut learner = (backend.learner)(&config, &before, &options).expect("weights that fit");
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

    // All rows, and two at a time: what is beside a row must not matter.
    let (mut logits, mut gate) = (0f32, 0f32);
    for batch in [rows.len(), 2] {
        let predictions = learner.predict(&rows, batch).expect("predictions");
        logits = logits.max(differs(&predictions.logits, golden, "logits"));
        gate = gate.max(differs(&predictions.gate, golden, "gate"));
    }
    let tracked = (backend.predict_with_gradients)(&config, &before, &rows).expect("predictions");
    let tracked_logits = differs(&tracked.logits, golden, "logits");
    let tracked_gate = differs(&tracked.gate, golden, "gate");
    learner.step(&rows, &all, None);
    let losses = learner.losses().expect("one loss");
    let loss = differs(&losses, golden, "loss");
    let one_step = parameters_differ(&*learner, golden, "after1", &config);
    learner.step(&rows, &all, None);
    learner.step(&rows, &all, None);
    assert_eq!(learner.losses().expect("two losses").len(), 2);
    let three_steps = parameters_differ(&*learner, golden, "after3", &config);
    println!(
        "{case}: logits {logits:.1e}, gate {gate:.1e}, with gradients {tracked_logits:.1e} and \
         {tracked_gate:.1e}, loss {loss:.1e}, parameters after 1 step {one_step:.1e}, after 3 steps \
         {three_steps:.1e}"
    );
    for found in [
        logits,
        gate,
        tracked_logits,
        tracked_gate,
        loss,
        one_step,
        three_steps,
    ] {
        assert!(found <= TOLERANCE, "{case}: {found}");
    }
}

fn parameters_differ(
    learner: &dyn Learner,
    golden: &SafeTensors<'_>,
    prefix: &str,
    config: &SelectorConfig,
) -> f32 {
    let found = learner.weights().expect("readable weights");
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

fn differs(found: &[f32], golden: &SafeTensors<'_>, name: &str) -> f32 {
    largest_difference(found, &floats(golden, name))
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
