//! Steps, whole runs, and runs that were stopped.

use std::ops::ControlFlow;

use burn::backend::Autodiff;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use ofa_clip::ClipTokenizer;
use ofa_contrastive::loss::contrast;
use ofa_contrastive::pairs::PairSet;
use ofa_contrastive::recipe::Recipe;
use ofa_contrastive::step::{Threads, gradients};
use ofa_contrastive::tower::TrainedClip;
use ofa_contrastive::train::Training;
use ofa_contrastive::{Result, bpe};

type Backend = Autodiff<Flex>;

fn tokenizer(recipe: &Recipe) -> ClipTokenizer {
    let mut texts = Vec::new();
    for picture in crate::small::pictures(32) {
        texts.extend(picture.captions);
        for (question, answer) in picture.exchanges {
            texts.extend([question, answer]);
        }
    }
    bpe::learn(&texts, recipe.sizes.vocabulary).expect("a vocabulary")
}

fn set(recipe: &Recipe) -> PairSet {
    PairSet::new(&crate::small::pictures(32), &tokenizer(recipe)).expect("pairs")
}

fn run(recipe: &Recipe, state: Option<&[u8]>, stop_at: usize) -> Result<Training<Backend>> {
    let (config, set, device) = (
        crate::small::config(recipe),
        set(recipe),
        Default::default(),
    );
    let mut run = match state {
        Some(state) => {
            let resumed = Training::resume(recipe.clone(), config, &set, device, state)?;
            resumed.expect("the same recipe and pairs")
        }
        None => Training::begin(recipe.clone(), config, &set, device)?,
    };
    run.run(&set, &mut |run, _| {
        Ok(if run.step() == stop_at {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    Ok(run)
}

/// Reads the gradients of all parameters, in the module's order.
struct Reader<'a> {
    gradients: &'a GradientsParams,
    values: Vec<Vec<f32>>,
}

impl ModuleVisitor<Backend> for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<Backend, D>>) {
        let gradient = self.gradients.get::<Flex, D>(parameter.id);
        let gradient = gradient.expect("every parameter has a gradient");
        self.values
            .push(gradient.into_data().to_vec().expect("f32"));
    }
}

#[test]
fn the_loss_is_that_of_the_formula_and_leaves_equal_texts_out() {
    let device = Default::default();
    let rows = |values: [f32; 6]| {
        Tensor::<Flex, 2>::from_data(TensorData::new(values.to_vec(), [3, 2]), &device)
    };
    let image = rows([1.0, 0.0, 0.0, 1.0, 0.6, 0.8]);
    let text = rows([0.8, 0.6, 0.0, 1.0, 0.8, 0.6]);
    let scale = Tensor::<Flex, 1>::from_data([2.0_f32.ln()], &device);
    let said = contrast::<Backend>(image, text, scale, &[4, 9, 4]);
    // Scores, twice the cosines; the first and the third text are one and the same.
    let scores: [[f64; 3]; 3] = [[1.6, 0.0, 1.6], [1.2, 2.0, 1.2], [1.92, 1.6, 1.92]];
    let counts = |row: usize, column: usize| row == column || row == 1 || column == 1;
    let mut expected = 0.0;
    for (own, row_of_own) in scores.iter().enumerate() {
        let seen = |score: &dyn Fn(usize) -> f64| -> f64 {
            (0..3)
                .filter(|&other| counts(own, other))
                .map(|other| score(other).exp())
                .sum()
        };
        let across = seen(&|column| row_of_own[column]).ln();
        let down = seen(&|row| scores[row][own]).ln();
        expected += across + down - 2.0 * row_of_own[own];
    }
    let loss: f32 = said.loss.into_scalar();
    assert!((f64::from(loss) - expected / 6.0).abs() < 1e-6, "{loss}");
}

#[test]
fn parts_of_a_batch_give_the_gradients_of_the_whole() {
    let recipe = crate::small::recipe();
    let (config, device) = (crate::small::config(&recipe), Default::default());
    let model = TrainedClip::<Backend>::from_seed(&config, 3, &device).expect("start values");
    let set = set(&recipe);
    let pairs = set.pairs(&(0..16).collect::<Vec<_>>(), 1, 0, 0);
    let of_parts = |parts: usize| {
        let threads = Threads::new(parts).expect("threads");
        let (loss, gradients) =
            gradients::<Backend>(&model, &config.vision, &pairs, &threads, &device)
                .expect("a step");
        let mut reader = Reader {
            gradients: &gradients,
            values: Vec::new(),
        };
        model.visit(&mut reader);
        (loss, reader.values)
    };
    let (whole, parts) = (of_parts(1), of_parts(3));
    assert!((whole.0 - parts.0).abs() < 1e-6, "{} {}", whole.0, parts.0);
    let parameters = model.parameters().expect("read");
    assert_eq!(whole.1.len(), parameters.len());
    for (whole, parts) in whole.1.iter().zip(&parts.1) {
        let largest = whole
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(largest > 0.0, "every parameter counts");
        for (whole, parts) in whole.iter().zip(parts) {
            // The gradient of a key's bias is 0, and what is found is rounding.
            let close = (whole - parts).abs() <= 1e-4 * largest + 1e-7;
            assert!(close, "{whole} {parts}");
        }
    }

    // Against the slope of the loss itself, along the gradient of one parameter.
    let name = "visual_projection.weight";
    let gradient: Tensor<Flex, 2> = {
        let threads = Threads::new(2).expect("threads");
        let (_, gradients) =
            gradients::<Backend>(&model, &config.vision, &pairs, &threads, &device)
                .expect("a step");
        gradients
            .get(model.vision.projection().id)
            .expect("a gradient")
    };
    let gradient = gradient
        .transpose()
        .into_data()
        .to_vec::<f32>()
        .expect("f32");
    let length = gradient
        .iter()
        .map(|value| value * value)
        .sum::<f32>()
        .sqrt();
    let loss_at = |distance: f32| {
        let mut moved = parameters.clone();
        let values = &mut moved.get_mut(name).expect("it is there").values;
        for (value, slope) in values.iter_mut().zip(&gradient) {
            *value += distance * slope / length;
        }
        let model = TrainedClip::<Backend>::from_parameters(&config, &moved, &device)
            .expect("as many values");
        let threads = Threads::new(1).expect("threads");
        let step = gradients::<Backend>(&model, &config.vision, &pairs, &threads, &device);
        step.expect("a step").0
    };
    let slope = (loss_at(0.01) - loss_at(-0.01)) / 0.02;
    assert!(
        (slope / f64::from(length) - 1.0).abs() < 0.02,
        "{slope} along a gradient of {length}"
    );
}

#[test]
fn training_learns_and_goes_on_where_it_was_stopped() {
    let recipe = crate::small::recipe();
    let whole = run(&recipe, None, usize::MAX).expect("trained");
    assert_eq!(whole.step(), recipe.steps(32));
    let losses = whole.losses();
    let (first, last) = (losses[0].loss, losses[losses.len() - 1].loss);
    // Pictures of one colour cannot be told apart, so that the loss does not fall to 0.
    assert!(last < 0.75 * first, "{first} to {last}");

    let state = run(&recipe, None, 50)
        .expect("begun")
        .state()
        .expect("a state");
    let resumed = run(&recipe, Some(&state), usize::MAX).expect("resumed");
    assert_eq!(resumed.losses(), whole.losses());
    assert_eq!(
        resumed.parameters().expect("read"),
        whole.parameters().expect("read")
    );

    let config = crate::small::config(&recipe);
    let resume = |recipe: &Recipe, set: &PairSet, state: &[u8]| {
        let (recipe, config) = (recipe.clone(), config.clone());
        Training::<Backend>::resume(recipe, config, set, Default::default(), state)
    };
    let pairs = set(&recipe);
    let other = Recipe {
        seed: 9,
        ..recipe.clone()
    };
    let refused = resume(&other, &pairs, &state).expect("read");
    assert!(refused.is_none(), "of another seed");
    let fewer = PairSet::new(&crate::small::pictures(31), &tokenizer(&recipe)).expect("pairs");
    let refused = resume(&recipe, &fewer, &state).expect("read");
    assert!(refused.is_none(), "of other pictures");
    assert!(resume(&recipe, &pairs, &state[..90]).is_err());
}

#[test]
fn a_learned_tokenizer_writes_every_text_in_few_tokens() {
    let recipe = crate::small::recipe();
    let tokenizer = tokenizer(&recipe)
        .for_model(&crate::small::config(&recipe))
        .expect("it fits the model");
    let length = |text: &str| tokenizer.encode(text).expect("tokens").len();
    // Start, four words and the end; a word was merged from its letters.
    assert!(
        length("a magenta wall") <= 8,
        "{}",
        length("a magenta wall")
    );
    assert_eq!(
        length("\u{8bf7}"),
        2 + 3,
        "other scripts fall back to bytes"
    );
    let few = bpe::learn(&["one text".to_owned()], recipe.sizes.vocabulary);
    assert!(few.is_err(), "one text has not so many merges");
    let json = tokenizer.to_json().expect("JSON");
    let same = self::tokenizer(&recipe)
        .for_model(&crate::small::config(&recipe))
        .expect("it fits the model");
    let same = same.to_json().expect("JSON");
    assert!(json == same, "the same texts give the same vocabulary");
    let again = ClipTokenizer::from_json(&json).expect("read back");
    assert_eq!(
        again.encode("What is it?").expect("tokens"),
        tokenizer.encode("What is it?").expect("tokens")
    );
}
