//! Errors as JavaScript gets them: an `Error` with `message` and a stable `code`.

use std::error::Error;
use std::fmt;
use std::io;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::blob_source::BlobLost;

/// What kind of error it is, for programs; the message is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureCode {
    /// The caller asked to stop.
    Aborted,
    /// An argument is of the wrong type or outside of its range.
    BadOption,
    /// The dataset cannot be read.
    BadDataset,
    /// The encoder cannot be used.
    BadEncoder,
    /// The selector cannot be used.
    BadSelector,
    /// Features cannot be used.
    BadFeatures,
    /// Scores cannot be used.
    BadScores,
    /// Two inputs do not belong together.
    FingerprintMismatch,
    /// There is no device to compute on.
    BackendUnavailable,
    /// The model failed on every input.
    EncoderFailed,
    /// The device to compute on went away.
    DeviceLost,
    /// The place for features is full.
    StorageFull,
    /// The place for features cannot be read or written.
    StorageDenied,
    /// Somebody else writes to the store.
    StoreInUse,
    /// A file is not what it was when it was opened.
    Changed,
    /// A record or its image cannot be used; the message begins with the reason.
    RecordUnusable,
    /// This build or this browser cannot do that.
    Unsupported,
    /// This build reads no Parquet; the package takes the larger one instead, so nobody sees it.
    WithoutParquet,
    /// Our bug.
    Internal,
}

impl FailureCode {
    /// The value of `code` in JavaScript.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::BadOption => "bad_option",
            Self::BadDataset => "bad_dataset",
            Self::BadEncoder => "bad_encoder",
            Self::BadSelector => "bad_selector",
            Self::BadFeatures => "bad_features",
            Self::BadScores => "bad_scores",
            Self::FingerprintMismatch => "fingerprint_mismatch",
            Self::BackendUnavailable => "backend_unavailable",
            Self::EncoderFailed => "encoder_failed",
            Self::DeviceLost => "device_lost",
            Self::StorageFull => "storage_full",
            Self::StorageDenied => "storage_denied",
            Self::StoreInUse => "store_in_use",
            Self::Changed => "changed",
            Self::RecordUnusable => "record_unusable",
            Self::Unsupported => "unsupported",
            Self::WithoutParquet => "without_parquet",
            Self::Internal => "internal",
        }
    }
}

/// The error of everything that JavaScript calls.
#[derive(Debug, Clone)]
pub enum Failure {
    /// An error of ours.
    Coded {
        /// Its kind.
        code: FailureCode,
        /// Its words.
        message: String,
    },
    /// What a function of the caller threw; handed back as it is.
    Thrown(JsValue),
}

/// The result of everything that JavaScript calls.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// An error of ours.
    #[must_use]
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self::Coded {
            code,
            message: message.into(),
        }
    }

    /// An argument that is not what it should be.
    #[must_use]
    pub fn option(name: &str, expected: &str, found: impl fmt::Display) -> Self {
        Self::new(
            FailureCode::BadOption,
            format!("{name}: expected {expected}, found {found}"),
        )
    }

    /// A file that cannot be read at all.
    #[must_use]
    pub fn reading(code: FailureCode, name: &str, error: io::Error) -> Self {
        let message = format!("{name}: cannot be read: {error}");
        match Self::of(code, &error) {
            Self::Coded { code, .. } => Self::new(code, message),
            thrown => thrown,
        }
    }

    /// An error with its causes' words, under a code that its origin calls for.
    fn of(code: FailureCode, error: &(dyn Error + 'static)) -> Self {
        // A file that changed is no bad file, whoever was reading it.
        let code = if says_that_a_blob_is_lost(error) {
            FailureCode::Changed
        } else {
            code
        };
        Self::new(code, error.to_string())
    }
}

/// Looks through the causes for a blob that can no longer be read.
fn says_that_a_blob_is_lost(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<BlobLost>()) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coded { message, .. } => formatter.write_str(message),
            Self::Thrown(value) => write!(formatter, "{value:?}"),
        }
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Coded { code, message } => {
                let error = js_sys::Error::new(&message);
                // An error that was just made takes any property.
                let _ = Reflect::set(&error, &"code".into(), &code.as_str().into());
                error.into()
            }
            Failure::Thrown(value) => value,
        }
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Self {
        Self::Thrown(thrown)
    }
}

impl From<ofa_clip::Error> for Failure {
    fn from(error: ofa_clip::Error) -> Self {
        let code = match error {
            ofa_clip::Error::Backend(_) => FailureCode::EncoderFailed,
            // Arrays that do not fit the model: ours are made to.
            ofa_clip::Error::Input { .. } => FailureCode::Internal,
            _ => FailureCode::BadEncoder,
        };
        Self::of(code, &error)
    }
}

#[cfg(feature = "pipeline")]
impl From<ofa_data::Skip> for Failure {
    fn from(skip: ofa_data::Skip) -> Self {
        Self::new(FailureCode::RecordUnusable, skip.to_string())
    }
}

#[cfg(feature = "pipeline")]
impl From<ofa_data::Error> for Failure {
    fn from(error: ofa_data::Error) -> Self {
        let code = match error {
            ofa_data::Error::Changed { .. } => FailureCode::Changed,
            ofa_data::Error::WithoutParquet { .. } => FailureCode::WithoutParquet,
            ofa_data::Error::NoSuchRecord { .. }
            | ofa_data::Error::PositionsNotIncreasing { .. } => FailureCode::BadOption,
            _ => FailureCode::BadDataset,
        };
        Self::of(code, &error)
    }
}

#[cfg(feature = "pipeline")]
impl From<ofa_core::Error> for Failure {
    fn from(error: ofa_core::Error) -> Self {
        use ofa_core::Error as E;
        let code = match error {
            E::Cancelled => FailureCode::Aborted,
            E::Option { .. }
            | E::Ratio { .. }
            | E::CountAboveAvailable { .. }
            | E::NeedsFeatures { .. }
            | E::NeedsQuotas { .. }
            | E::PinOutsidePool { .. }
            | E::PinnedAndExcluded { .. }
            | E::PinsAboveBudget { .. }
            | E::BudgetAboveRest { .. } => FailureCode::BadOption,
            E::NotSafetensors { .. }
            | E::Metadata { .. }
            | E::Config { .. }
            | E::TensorMissing { .. }
            | E::TensorSizes { .. }
            | E::TensorShape { .. }
            | E::TensorDtype { .. }
            | E::TensorValue { .. } => FailureCode::BadSelector,
            E::EmptyPool
            | E::Score { .. }
            | E::ClusterOutOfRange { .. }
            | E::ScoreColumn { .. } => FailureCode::BadScores,
            _ => FailureCode::BadFeatures,
        };
        Self::of(code, &error)
    }
}

#[cfg(feature = "pipeline")]
impl From<ofa_pipeline::Error> for Failure {
    fn from(error: ofa_pipeline::Error) -> Self {
        use ofa_pipeline::Error as E;
        let code = match error {
            E::Data(error) => return error.into(),
            E::Encoder(error) => return error.into(),
            E::Core(error) => return error.into(),
            E::Storage { ref source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    FailureCode::StorageFull
                }
                io::ErrorKind::ResourceBusy => FailureCode::StoreInUse,
                _ => FailureCode::StorageDenied,
            },
            E::OtherStore { .. } | E::Fingerprints { .. } => FailureCode::FingerprintMismatch,
            E::Scores { .. } => FailureCode::BadScores,
            E::Constraint { .. } | E::Option { .. } | E::Convert { .. } => FailureCode::BadOption,
            _ => FailureCode::BadFeatures,
        };
        Self::of(code, &error)
    }
}
