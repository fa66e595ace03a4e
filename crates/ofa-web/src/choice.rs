//! Choosing subsets of a scored pool.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::Function;
use ofa_core::budget::{Budget, Ratio};
use ofa_core::features::FeatureRows;
use ofa_core::score::Scores;
use ofa_data::DatasetImages;
use ofa_pipeline::scores::ScoresOrigin;
use ofa_pipeline::store::{Features, Fingerprints, SkippedLine};
use ofa_pipeline::subset::{
    BudgetRequest, Chooser, Constraints, Method, Subset, SubsetInputs, SubsetRequest, TextOnly,
};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::{Failure, FailureCode, Result};
use crate::features::WebFeatures;
use crate::plain::from_js;
use crate::scores::WebScores;
use crate::subset::WebSubset;

/// How records are chosen, whatever the budget.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    method: Method,
    quotas: bool,
    alignment_filter: bool,
    text_only: TextOnly,
    seed: u64,
    pinned: BTreeSet<u64>,
    excluded: BTreeSet<u64>,
    /// Whether scores and features of another dataset are taken all the same.
    force: bool,
}

/// How many records: a share, as it was written, or a count.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BudgetChoice {
    ratio: Option<String>,
    count: Option<u64>,
}

/// What subsets are chosen from, each held by as many choices as use it.
struct Pool {
    images: Arc<DatasetImages>,
    scores: Rc<Scores>,
    origin: Rc<ScoresOrigin>,
    skipped: Option<Rc<Vec<SkippedLine>>>,
    features: Option<Rc<Features>>,
}

impl Pool {
    fn inputs(&self) -> SubsetInputs<'_> {
        SubsetInputs {
            dataset: self.images.dataset(),
            scores: &self.scores,
            origin: &self.origin,
            skipped: self.skipped.as_ref().map(|lines| lines.as_slice()),
            features: (self.features.as_deref()).map(|features| features as &dyn FeatureRows),
        }
    }

    /// Refuses scores and features that are not of this dataset, or not of one encoder.
    fn check_origin(&self) -> Result<()> {
        let dataset = Fingerprints {
            dataset: Some(self.images.dataset().fingerprint().to_owned()),
            encoder: None,
        };
        let scored = &self.origin.fingerprints;
        dataset.check_dataset("the dataset", scored.dataset.as_deref(), "the scores")?;
        if let Some(features) = &self.features {
            let Fingerprints {
                dataset: of,
                encoder,
            } = features.fingerprints();
            dataset.check_dataset("the dataset", of.as_deref(), "the features")?;
            scored.check_encoder("the scores", encoder.as_deref(), "the features")?;
        }
        Ok(())
    }
}

/// A pool that is ready for any budget.
#[wasm_bindgen]
pub struct Choice {
    pool: Pool,
    chooser: Chooser,
}

#[wasm_bindgen]
impl Choice {
    /// Prepares a pool for the methods that look at scores alone. `clusters` is the selector's
    /// number, 0 where it is not known.
    ///
    /// # Errors
    /// `fingerprint_mismatch` where scores or features are of another dataset or encoder;
    /// `bad_option` for a constraint on a record that cannot be chosen; `bad_scores` for scores
    /// that are not of this dataset.
    pub fn prepare(
        dataset: &WebDataset,
        scores: &WebScores,
        clusters: u32,
        request: JsValue,
    ) -> Result<Self> {
        Self::of(Self::pool(dataset, scores), clusters, request)
    }

    /// As `prepare`, for every method: with the features that were scored. Their list of skipped
    /// records completes the account.
    ///
    /// # Errors
    /// As `prepare`.
    #[wasm_bindgen(js_name = prepareWithFeatures)]
    pub fn prepare_with_features(
        dataset: &WebDataset,
        scores: &WebScores,
        features: &WebFeatures,
        clusters: u32,
        request: JsValue,
    ) -> Result<Self> {
        let pool = Pool {
            skipped: features.skipped.clone(),
            features: Some(Rc::clone(&features.rows)),
            ..Self::pool(dataset, scores)
        };
        Self::of(pool, clusters, request)
    }

    /// Chooses the records of a budget, `{ratio: "0.15"}` or `{count: 1000}`. Of the methods that
    /// look at embeddings, `on_progress(done, of)` hears how far they are; where it gives `false`,
    /// the choice ends.
    ///
    /// # Errors
    /// `bad_option` for a budget that cannot be met, or a method that needs features where there
    /// are none; `aborted`.
    pub fn choose(&self, budget: JsValue, on_progress: Option<Function>) -> Result<WebSubset> {
        let budget: BudgetChoice = from_js("select", budget)?;
        let budget = match (budget.ratio, budget.count) {
            (Some(text), None) => {
                let ratio: Ratio = text.parse()?;
                BudgetRequest {
                    budget: Budget::Ratio(ratio),
                    text: ratio.to_string(),
                }
            }
            (None, Some(count)) => BudgetRequest {
                budget: Budget::Count(count),
                text: count.to_string(),
            },
            _ => {
                let problem = "expected `ratio` or `count`, and not both";
                return Err(Failure::new(FailureCode::BadOption, problem));
            }
        };
        let mut thrown = None;
        let mut progress = |done: u64, of: u64| {
            let Some(on_progress) = &on_progress else {
                return ControlFlow::Continue(());
            };
            let called = on_progress.call2(
                &JsValue::UNDEFINED,
                &JsValue::from_f64(done as f64),
                &JsValue::from_f64(of as f64),
            );
            match called {
                Ok(goes_on) if goes_on.as_bool() == Some(false) => ControlFlow::Break(()),
                Ok(_) => ControlFlow::Continue(()),
                Err(error) => {
                    thrown = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let chosen = (self.chooser).choose(&self.pool.inputs(), &budget, &mut progress);
        if let Some(error) = thrown {
            return Err(Failure::Thrown(error));
        }
        let Subset {
            positions,
            manifest,
        } = chosen?;
        Ok(WebSubset::new(positions, manifest))
    }
}

impl Choice {
    fn pool(dataset: &WebDataset, scores: &WebScores) -> Pool {
        Pool {
            images: Arc::clone(dataset.images()),
            scores: Rc::clone(&scores.scores),
            origin: Rc::clone(&scores.origin),
            skipped: None,
            features: None,
        }
    }

    fn of(pool: Pool, clusters: u32, request: JsValue) -> Result<Self> {
        let request: Request = from_js("select", request)?;
        if !request.force {
            pool.check_origin()?;
        }
        let request = SubsetRequest {
            method: request.method,
            quotas: request.quotas,
            alignment_filter: request.alignment_filter,
            constraints: Constraints {
                pinned: request.pinned,
                excluded: request.excluded,
            },
            text_only: request.text_only,
            seed: request.seed,
            clusters: clusters as usize,
        };
        let chooser = Chooser::new(&pool.inputs(), request)?;
        Ok(Self { pool, chooser })
    }
}
