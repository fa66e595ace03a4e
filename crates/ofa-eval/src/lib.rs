//! What a selected subset is worth.
//!
//! [`EvaluationFolder::run`] makes pools of the demo world, has the program `ofa` score them and choose
//! subsets, trains a small multimodal answer model on each subset and asks it clean questions. Each run
//! is kept in a file of its own, so that an interrupted evaluation goes on. [`write_report`] turns the
//! runs into Markdown, figures and one file of raw numbers, from which [`check`] derives all of it again.
//!
//! Runs follow from their seeds alone. The code is generic over burn's backends; the program names one.

mod ablation;
mod analysis;
mod answer;
mod arms;
mod check;
mod composition;
mod error;
mod evaluation;
mod examples_of_records;
mod frozen_encoder;
mod generated_data;
mod ofa_program;
mod pictures;
mod realm_data;
mod report;
mod runs;
mod statistics;
mod texts;
mod words;
mod written_file;

pub use ablation::{Ablation, BASE, Variant, ablate};
pub use answer::{
    AnswerHeads, AnswerLogits, AnswerModel, Batch, Connector, Fusion, ModelSize, Schedule, Score,
    TextTower, Trained, Training, majority, test, train,
};
pub use arms::{Arm, Budget, Protocol, Realm};
pub use check::check;
pub use composition::{Composition, RareConcepts};
pub use error::{Error, Result};
pub use evaluation::{Comparison, EvaluationFolder, Made, Workers};
pub use examples_of_records::{
    Examples, QUESTION_WORDS, RecordExamples, SHORT_ANSWER_WORDS, Target, Turn, Vocabularies,
};
pub use frozen_encoder::{FrozenEncoder, FrozenSizes};
pub use generated_data::{Exchange, GeneratedData, GeneratedRecord, PairDirt, Truth};
pub use ofa_program::{AsWord, OfaProgram};
pub use pictures::Pictures;
pub use realm_data::{RealmData, RealmFiles, Tools};
pub use report::{DISCUSSION, RAW, REPORT, ReportFile, files, write_report};
pub use runs::{BUNDLED, Evaluation, Measure, RealmFacts, Run, RunKey, RunsFolder};
pub use statistics::{Estimate, mean_of, relative_performance};
pub use texts::Texts;
pub use words::{Vocabulary, content_words, words};
