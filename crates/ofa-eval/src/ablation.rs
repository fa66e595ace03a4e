//! Selectors trained otherwise, and what their choices are worth.

use std::path::Path;

use burn::tensor::backend::AutodiffBackend;

use crate::arms::Realm;
use crate::evaluation::{Comparison, EvaluationFolder, Made, Workers};
use crate::ofa_program::AsWord;
use crate::realm_data::Tools;
use crate::runs::BUNDLED;
use crate::{Error, Result};

/// Trained on the evaluation's own first pool with the given settings and nothing changed.
pub const BASE: &str = "base";

/// A setting that is changed, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The name of its selector, as `clusters-64`; [`BASE`] without a change.
    pub name: String,
    /// The flag of `ofa train` and its value.
    pub change: Option<(String, String)>,
}

impl Variant {
    /// The base itself.
    #[must_use]
    pub fn base() -> Self {
        Self {
            name: BASE.to_owned(),
            change: None,
        }
    }

    /// Reads `clusters=64`.
    ///
    /// # Errors
    /// Where there is no `=`, or a part is empty or has other signs than a flag has.
    pub fn parse(text: &str) -> Result<Self> {
        let valid = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|sign| sign.is_ascii_alphanumeric() || "-.".contains(sign))
        };
        match text.split_once('=') {
            Some((flag, value)) if valid(flag) && valid(value) => Ok(Self {
                name: format!("{flag}-{}", value.replace('.', "_")),
                change: Some((format!("--{flag}"), value.to_owned())),
            }),
            _ => Err(Error::Setting(format!(
                "expected a setting of `ofa train` with a value, such as clusters=64, found `{text}`"
            ))),
        }
    }

    /// The settings of `ofa train`: those of the base, with the change in place of the flag's value
    /// where the base has it.
    #[must_use]
    pub fn settings(&self, base: &[String]) -> Vec<String> {
        let mut settings = base.to_vec();
        if let Some((flag, value)) = &self.change {
            match settings.iter().position(|word| word == flag) {
                Some(at) if at + 1 < settings.len() => settings[at + 1].clone_from(value),
                _ => settings.extend([flag.clone(), value.clone()]),
            }
        }
        settings
    }
}

/// What is ablated, and how it is measured.
#[derive(Debug, Clone)]
pub struct Ablation {
    /// The settings of `ofa train` that a variant changes one of.
    pub base: Vec<String>,
    /// The base comes first in any case.
    pub variants: Vec<Variant>,
    /// How the selectors' choices are compared.
    pub comparison: Comparison,
}

/// Trains the selectors on the first realm's pool, scores every realm by each, and makes the runs.
///
/// # Errors
/// Where the folder has no evaluation, `ofa` fails, or a run does.
pub fn ablate<B: AutodiffBackend>(
    folder: &Path,
    ablation: &Ablation,
    tools: &Tools,
    workers: Workers,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Made>
where
    B::Device: Default,
{
    let evaluation = EvaluationFolder::new(folder);
    let measure = evaluation.measure()?;
    let first = evaluation.realm(Realm::Shapes);
    first.prepare(&measure, tools, say)?;
    let comparison = &ablation.comparison;
    let mut selectors = Vec::new();
    let variants = std::iter::once(Variant::base()).chain(ablation.variants.iter().cloned());
    for variant in variants {
        let selector = folder
            .join("selectors")
            .join(format!("{}.safetensors", variant.name));
        if !selector.exists() {
            say(&format!("training the selector {}", variant.name));
            let place = folder.join("selectors");
            std::fs::create_dir_all(&place).map_err(Error::file(&place))?;
            let settings = variant.settings(&ablation.base);
            let features = first.features();
            let mut words: Vec<&dyn AsWord> =
                vec![&"train", &features, &"-o", &selector, &"--force"];
            words.extend(settings.iter().map(|word| word as &dyn AsWord));
            tools.ofa.run(&words)?;
        }
        selectors.push((variant.name, selector));
    }
    let mut made = Made {
        trained: 0,
        found: 0,
    };
    for &realm in &comparison.realms {
        let files = evaluation.realm(realm);
        files.prepare(&measure, tools, say)?;
        // The full pool too, so that there is something to be relative to.
        let mut runs: Vec<_> = (comparison.runs(realm, BUNDLED, true).into_iter())
            .filter(|key| key.arm.takes_everything())
            .collect();
        for (name, selector) in &selectors {
            files.score(name, selector, &tools.ofa)?;
            runs.extend(comparison.runs(realm, name, false));
        }
        let now = evaluation.run_all::<B>(&files, None, runs, tools, workers, say)?;
        made.trained += now.trained;
        made.found += now.found;
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_changes_one_setting() {
        let base = ["--clusters", "128", "--core-ratio", "0.03"].map(str::to_owned);
        let fewer = Variant::parse("clusters=64").expect("a setting");
        assert_eq!(fewer.name, "clusters-64");
        assert_eq!(
            fewer.settings(&base),
            ["--clusters", "64", "--core-ratio", "0.03"]
        );
        let other = Variant::parse("target-accuracy=0.5").expect("a setting");
        assert_eq!(other.name, "target-accuracy-0_5");
        assert_eq!(other.settings(&base)[4..], ["--target-accuracy", "0.5"]);
        assert_eq!(Variant::base().settings(&base), base);
        for wrong in ["clusters", "=1", "clusters=", "a/b=1", "a=../x y"] {
            assert!(Variant::parse(wrong).is_err(), "{wrong}");
        }
    }
}
