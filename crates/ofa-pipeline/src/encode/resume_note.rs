//! How a run goes on from the one before.

use std::fmt;

use serde::Serialize;

/// What the user should know of how a run goes on from the one before.
///
/// [`Display`](fmt::Display) says it in words. serde writes its stable code and what belongs into a sentence about
/// it, for whoever has words of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ResumeNote {
    /// Something on which the bits of embeddings may depend is another than in the run before.
    SettingChanged {
        /// What it is.
        setting: RunSetting,
        /// What it was.
        before: String,
        /// What it is now.
        now: String,
    },
    /// A part of the cache was not whole, and what it held is computed anew.
    CachePartBroken {
        /// The part's name in the store.
        name: String,
    },
}

/// On what the bits of embeddings may depend beside the encoder and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunSetting {
    /// Where it is computed.
    Backend,
    /// Images of a batch.
    ImageBatch,
    /// Tokens of a batch.
    TextTokens,
    /// Size of the cache.
    CacheBytes,
}

impl fmt::Display for RunSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend => "the backend",
            Self::ImageBatch => "--batch",
            Self::TextTokens => "the tokens of a batch",
            Self::CacheBytes => "the cache in bytes",
        })
    }
}

impl fmt::Display for ResumeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SettingChanged {
                setting,
                before,
                now,
            } => write!(
                f,
                "{setting} was {before} in the run before and is {now} now: \
                 the store will not be to the bit what one run makes"
            ),
            Self::CachePartBroken { name } => write!(
                f,
                "{name}: this part of the cache was not whole; what it held is computed anew"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_a_sentence_and_a_code_with_what_belongs_into_one() {
        let note = ResumeNote::SettingChanged {
            setting: RunSetting::ImageBatch,
            before: "32".to_owned(),
            now: "64".to_owned(),
        };
        assert_eq!(
            note.to_string(),
            "--batch was 32 in the run before and is 64 now: the store will not be to the bit what \
             one run makes"
        );
        let json = serde_json::to_value(&note).expect("plain data");
        let expected = serde_json::json!({
            "code": "setting_changed", "setting": "image_batch", "before": "32", "now": "64"
        });
        assert_eq!(json, expected);
    }
}
