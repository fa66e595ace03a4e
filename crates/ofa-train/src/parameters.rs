//! The classifier's parameters under the names and in the layout of the selector file.
use burn::module::Param;
use burn::nn::{LayerNormConfig, Linear};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use ofa_core::selector::{FusionMode, SelectorConfig, SelectorWeights};

use crate::Result;
use crate::host::Parameters;
use crate::model::{Fusion, FusionClassifier, Gate, GatedFusion, Interaction};
use crate::readback::read;

/// The names of a linear layer's weight and bias.
type Names = (&'static str, Option<&'static str>);

const CONCAT: Names = ("concat.weight", Some("concat.bias"));
const GATE_HIDDEN: Names = ("gate.0.weight", Some("gate.0.bias"));
const IMAGE: Names = ("image_branch.0.weight", Some("image_branch.0.bias"));
const OUTPUT: Names = ("output.3.weight", Some("output.3.bias"));
const TEXT: Names = ("text_branch.0.weight", Some("text_branch.0.bias"));
const INTERACTION: Names = ("interaction_branch.weight", None);

/// Reads a parameter by name; the shape is what the classifier needs.
type Source<'a> = dyn FnMut(&'static str, &[usize]) -> Vec<f32> + 'a;

impl<B: Backend> FusionClassifier<B> {
    /// The classifier of a selector. Weights that the fusion mode does not use are left out.
    ///
    /// # Errors
    /// Those of [`SelectorWeights::check`], where the weights do not fit `config`.
    pub fn from_weights(
        config: &SelectorConfig,
        weights: &SelectorWeights,
        device: &B::Device,
    ) -> Result<Self> {
        config.check()?;
        weights.check(config, "")?;
        Ok(Self::from_source(config, device, &mut |name, _| {
            weights.tensor(name).expect("check() found it").to_vec()
        }))
    }

    /// The weights as the selector file holds them, read back from the device.
    ///
    /// # Errors
    /// [`Error::Backend`](crate::Error::Backend) where the backend fails, and those of
    /// [`SelectorWeights::check`], where `config` is another classifier's or a weight is no
    /// longer finite.
    pub fn to_weights(&self, config: &SelectorConfig) -> Result<SelectorWeights> {
        selector_weights(self.read_parameters()?, config)
    }

    /// Builds a classifier whose parameters come from `source`, called once for each parameter
    /// that the fusion mode uses with its name and PyTorch shape.
    pub(crate) fn from_source(
        config: &SelectorConfig,
        device: &B::Device,
        source: &mut Source<'_>,
    ) -> Self {
        let mut load = Loader { source, device };
        let (d, h) = (config.feature_dim, config.hidden_dim);
        let mode = config.fusion_mode;
        let fusion = if mode == FusionMode::Concat {
            Fusion::Concat(load.linear(CONCAT, 2 * d, h))
        } else {
            Fusion::Gated(GatedFusion {
                image_branch: load.linear(IMAGE, d, h),
                text_branch: load.linear(TEXT, d, h),
                gate: match mode {
                    FusionMode::StaticGate => None,
                    _ => Some(load.gate(3 * d, config.gate_hidden_dim)),
                },
                interaction: match mode {
                    FusionMode::NoInteraction => None,
                    _ => Some(load.interaction(d, h)),
                },
            })
        };
        let mut norm = LayerNormConfig::new(h).with_epsilon(1e-5).init(device);
        norm.gamma = load.vector("output.0.weight", h);
        norm.beta = Some(load.vector("output.0.bias", h));
        let output = load.linear(OUTPUT, h, config.num_clusters);
        Self {
            fusion,
            norm,
            output,
        }
    }

    /// The parameters that the fusion mode uses, by name, in PyTorch's layout.
    pub(crate) fn read_parameters(&self) -> Result<Parameters> {
        let mut found = Parameters::new();
        match &self.fusion {
            Fusion::Concat(linear) => {
                store_linear(&mut found, CONCAT, linear)?;
            }
            Fusion::Gated(gated) => {
                store_linear(&mut found, IMAGE, &gated.image_branch)?;
                store_linear(&mut found, TEXT, &gated.text_branch)?;
                if let Some(term) = &gated.interaction {
                    store_linear(&mut found, INTERACTION, &term.projection)?;
                    let scale = read(term.scale.val(), "interaction_scale")?;
                    found.insert("interaction_scale", scale);
                }
                if let Some(gate) = &gated.gate {
                    store_linear(&mut found, GATE_HIDDEN, &gate.hidden)?;
                    store(&mut found, "gate.2.weight", gate.weight.val())?;
                    store(&mut found, "gate.2.bias", gate.bias.val())?;
                }
            }
        }
        store(&mut found, "output.0.weight", self.norm.gamma.val())?;
        let beta = self.norm.beta.as_ref().expect("built with a bias");
        store(&mut found, "output.0.bias", beta.val())?;
        store_linear(&mut found, OUTPUT, &self.output)?;
        Ok(found)
    }

    /// Its sizes and fusion mode; no gate counts as one of width 0.
    pub(crate) fn config(&self) -> SelectorConfig {
        let (feature_dim, gate_hidden_dim, fusion_mode) = match &self.fusion {
            Fusion::Concat(linear) => (linear.weight.dims()[0] / 2, 0, FusionMode::Concat),
            Fusion::Gated(gated) => {
                let gate = gated.gate.as_ref();
                let mode = match (gate, &gated.interaction) {
                    (None, _) => FusionMode::StaticGate,
                    (Some(_), None) => FusionMode::NoInteraction,
                    (Some(_), Some(_)) => FusionMode::Full,
                };
                let gate_width = gate.map_or(0, |gate| gate.weight.dims()[1]);
                (gated.image_branch.weight.dims()[0], gate_width, mode)
            }
        };
        SelectorConfig {
            feature_dim,
            hidden_dim: self.hidden_dim(),
            gate_hidden_dim,
            num_clusters: self.classes(),
            fusion_mode,
        }
    }

    /// Number of classes (K).
    pub fn classes(&self) -> usize {
        self.output.weight.dims()[1]
    }

    /// Width of the hidden layers.
    pub fn hidden_dim(&self) -> usize {
        self.output.weight.dims()[0]
    }
}

/// Parameters as the selector file holds them.
pub(crate) fn selector_weights(
    mut values: Parameters,
    config: &SelectorConfig,
) -> Result<SelectorWeights> {
    Ok(SelectorWeights::from_tensors(config, "", |tensor| {
        Ok(values.remove(tensor.name))
    })?)
}

struct Loader<'a, 'b, B: Backend> {
    source: &'a mut Source<'b>,
    device: &'a B::Device,
}

impl<B: Backend> Loader<'_, '_, B> {
    fn values(&mut self, name: &'static str, shape: &[usize]) -> Vec<f32> {
        let values = (self.source)(name, shape);
        assert_eq!(
            values.len(),
            shape.iter().product::<usize>(),
            "{name}: {shape:?}"
        );
        values
    }

    fn vector(&mut self, name: &'static str, length: usize) -> Param<Tensor<B, 1>> {
        let values = self.values(name, &[length]);
        Param::from_data(TensorData::new(values, [length]), self.device)
    }

    /// PyTorch holds `[out, in]`, burn `[in, out]`.
    fn linear(&mut self, (weight, bias): Names, inputs: usize, outputs: usize) -> Linear<B> {
        let values = transposed(&self.values(weight, &[outputs, inputs]), outputs, inputs);
        Linear {
            weight: Param::from_data(TensorData::new(values, [inputs, outputs]), self.device),
            bias: bias.map(|bias| self.vector(bias, outputs)),
        }
    }

    fn gate(&mut self, inputs: usize, hidden: usize) -> Gate<B> {
        let layer = self.linear(GATE_HIDDEN, inputs, hidden);
        let weight = self.values("gate.2.weight", &[1, hidden]);
        Gate {
            hidden: layer,
            weight: Param::from_data(TensorData::new(weight, [1, hidden]), self.device),
            bias: self.vector("gate.2.bias", 1),
        }
    }

    fn interaction(&mut self, inputs: usize, outputs: usize) -> Interaction<B> {
        let projection = self.linear(INTERACTION, inputs, outputs);
        let scale = self.values("interaction_scale", &[]);
        let scale = Param::from_data(TensorData::new(scale, [1]), self.device);
        Interaction { projection, scale }
    }
}

fn store<B: Backend, const D: usize>(
    found: &mut Parameters,
    name: &'static str,
    tensor: Tensor<B, D>,
) -> Result<()> {
    found.insert(name, read(tensor, name)?);
    Ok(())
}

fn store_linear<B: Backend>(
    found: &mut Parameters,
    (weight, bias): Names,
    linear: &Linear<B>,
) -> Result<()> {
    let [inputs, outputs] = linear.weight.dims();
    let values = read(linear.weight.val(), weight)?;
    found.insert(weight, transposed(&values, inputs, outputs));
    match (bias, &linear.bias) {
        (Some(name), Some(bias)) => store(found, name, bias.val()),
        (None, None) => Ok(()),
        _ => unreachable!("{weight}: built with the bias that is asked for"),
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| values[row * columns + column]));
    }
    turned
}
