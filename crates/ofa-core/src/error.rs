//! What can go wrong in this crate.
use crate::selection::Method;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An input that cannot be worked with. Each message says where, what was expected, what was
/// found, and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A row of the features holds NaN or an infinity.
    #[error(
        "features: row {row} (record {index}) holds a value of the {modality} embedding that is not finite at \
         column {column}; every value must be finite: encode this record again or remove it"
    )]
    NotFinite {
        /// Row in the feature rows.
        row: usize,
        /// Position of the record in its dataset.
        index: u64,
        /// `image` or `text`.
        modality: &'static str,
        /// Column within the embedding.
        column: usize,
    },

    /// An array has another length than its shape says.
    #[error("{what}: expected {expected} values, found {found}")]
    Length {
        /// The array.
        what: String,
        /// Values that its shape asks for.
        expected: usize,
        /// Values that it has.
        found: usize,
    },

    /// The features are of another width than the selector.
    #[error(
        "features are {found} wide, the selector was trained on embeddings {expected} wide; \
         encode the dataset with the encoder that the selector was trained with, or train a \
         selector on these features"
    )]
    FeatureWidth {
        /// The selector's `feature_dim`.
        expected: usize,
        /// Width of the features.
        found: usize,
    },

    /// There are fewer rows than clusters.
    #[error(
        "k-means: {clusters} clusters need at least {clusters} rows, the features have {rows}; \
         ask for fewer clusters or encode more records"
    )]
    TooFewRows {
        /// Clusters asked for.
        clusters: usize,
        /// Rows at hand.
        rows: usize,
    },

    /// An option is outside its range.
    #[error("{option} must be {expected}, found {found}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its range.
        expected: &'static str,
        /// The value given.
        found: String,
    },

    /// A ratio that is no decimal number or lies outside (0, 1].
    #[error(
        "ratio {found:?}: {problem}; write a decimal number above 0 and at most 1, such as 0.15"
    )]
    Ratio {
        /// The text as given.
        found: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// More records were asked for than were scored.
    #[error(
        "budget: {count} records were asked for, but only {available} have a score; ask for at \
         most {available}"
    )]
    CountAboveAvailable {
        /// The count asked for.
        count: u64,
        /// Scored records.
        available: u64,
    },

    /// There is nothing to choose from.
    #[error("the pool has no scored record to choose from; score at least one record")]
    EmptyPool,

    /// A score is unusable.
    #[error("scores: row {row} (record {index}): {problem}")]
    Score {
        /// Row in the scores.
        row: usize,
        /// Position of the record in its dataset.
        index: u64,
        /// What is wrong.
        problem: String,
    },

    /// A cluster number outside the clusters.
    #[error("row {row} has cluster {cluster}, but there are only {clusters} clusters (from 0)")]
    ClusterOutOfRange {
        /// The row.
        row: usize,
        /// Its cluster number.
        cluster: u32,
        /// How many clusters there are.
        clusters: usize,
    },

    /// The bytes are no readable safetensors file.
    #[error("selector file: not a readable safetensors file: {problem}; it may be cut short")]
    NotSafetensors {
        /// What the reader said.
        problem: String,
    },

    /// The header metadata of a selector file is wrong.
    #[error("selector file: header metadata `{key}`: expected {expected}, found {found}")]
    Metadata {
        /// The key.
        key: &'static str,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
    },

    /// A selector's configuration is impossible.
    #[error("selector config: `{field}` must be {expected}, found {found}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its range.
        expected: &'static str,
        /// The value.
        found: String,
    },

    /// A tensor that the configuration asks for is not there.
    #[error(
        "selector: tensor `{name}` of shape {expected:?} is missing; a selector of mode \
         {mode} has it: export the selector again"
    )]
    TensorMissing {
        /// The tensor.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The fusion mode.
        mode: &'static str,
    },

    /// The file has no `config` that says a size, and the tensor that shows it is of no use.
    #[error(
        "selector: tensor `{name}`: expected shape {expected}, which the sizes are read from \
         where the header's `config` does not say them, found {found}; export the selector again"
    )]
    TensorSizes {
        /// The tensor.
        name: String,
        /// The shape it should have, in the names of the sizes.
        expected: &'static str,
        /// The shape found, or that there is no such tensor.
        found: String,
    },

    /// A tensor has another shape than the configuration asks for.
    #[error("selector: tensor `{name}`: expected shape {expected:?}, found {found:?}")]
    TensorShape {
        /// The tensor.
        name: String,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
        /// The shape found.
        found: Vec<usize>,
    },

    /// A tensor has an element type that is not read here.
    #[error("selector: tensor `{name}`: expected dtype F32, F16 or BF16, found {found}")]
    TensorDtype {
        /// The tensor.
        name: String,
        /// The dtype found.
        found: String,
    },

    /// A tensor holds a value that cannot be used.
    #[error("selector: tensor `{name}`: element {element} is {value}, {problem}")]
    TensorValue {
        /// The tensor.
        name: String,
        /// Position in the flattened tensor.
        element: usize,
        /// The value.
        value: f32,
        /// Why it cannot be used.
        problem: &'static str,
    },

    /// A tensor file that cannot be written.
    #[error("tensor file: tensor `{name}`: {problem}")]
    TensorFile {
        /// The tensor.
        name: String,
        /// What is wrong.
        problem: String,
    },

    /// Sums of features left the range of exact integers.
    #[error(
        "features: the sum of {rows} text embeddings in cluster {cluster} leaves the exact \
         range because their values are as large as {largest}; embeddings should be L2-normalised"
    )]
    FeatureSumRange {
        /// The cluster.
        cluster: u32,
        /// Rows in it.
        rows: u64,
        /// Largest absolute value seen.
        largest: f64,
    },

    /// The scores lack a column that the request looks at.
    #[error("scores: the column `{column}` is missing, which {needed_for} needs; {advice}")]
    ScoreColumn {
        /// The column.
        column: &'static str,
        /// What looks at it.
        needed_for: &'static str,
        /// How to get it.
        advice: &'static str,
    },

    /// A method that looks at embeddings was given none.
    #[error("the method {method} chooses by embeddings; give the features that were scored")]
    NeedsFeatures {
        /// The method.
        method: Method,
    },

    /// A method that works within clusters was asked to choose from the pool as a whole.
    #[error(
        "the method {method} works within clusters only; choose without quotas by confidence, \
         random or clip-score"
    )]
    NeedsQuotas {
        /// The method.
        method: Method,
    },

    /// A scored record has no row in the features.
    #[error(
        "record {position} has a score, but no row in the features; give the features that were \
         scored"
    )]
    FeaturesLackRecord {
        /// Position of the record in its dataset.
        position: u64,
    },

    /// A record was pinned that cannot be chosen.
    #[error(
        "record {position} is pinned, but it is not in the pool: it has no score; pin records \
         that were scored"
    )]
    PinOutsidePool {
        /// Position of the record in its dataset.
        position: u64,
    },

    /// A record was pinned and excluded.
    #[error("record {position} is both pinned and excluded; take it off one of the lists")]
    PinnedAndExcluded {
        /// Position of the record in its dataset.
        position: u64,
    },

    /// More records are pinned than are to be chosen.
    #[error(
        "{pinned} records are pinned, but the budget is {budget}; raise the budget or pin fewer"
    )]
    PinsAboveBudget {
        /// Pinned records.
        pinned: u64,
        /// The budget in records.
        budget: u64,
    },

    /// So many records are excluded that the budget cannot be reached.
    #[error(
        "the budget is {budget}, but only {available} records are left after {excluded} were \
         excluded; lower the budget or exclude fewer"
    )]
    BudgetAboveRest {
        /// The budget in records.
        budget: u64,
        /// Records that may be chosen.
        available: u64,
        /// Records of the pool that may not.
        excluded: u64,
    },

    /// A kernel has no usable decomposition.
    #[error(
        "cluster {cluster}, block {block}: the kernel cannot be decomposed; embeddings should be \
         L2-normalised and finite"
    )]
    Kernel {
        /// The cluster.
        cluster: usize,
        /// The block in it.
        block: usize,
    },

    /// The caller's progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
}
