//! What is seen on opening a dataset or an archive that a person should know.

use std::fmt;

use serde::Serialize;

/// What is passed over or left out, and why.
///
/// [`Display`](fmt::Display) says it in words. serde writes its stable code and what belongs into a sentence about
/// it, for whoever has words of their own; `example` is what was found, and stays in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Remark {
    /// Members of a zip are links, or their names are no paths within it.
    MembersIgnored {
        /// The zip.
        name: String,
        /// How many there are.
        count: u64,
        /// The first one.
        example: String,
    },
    /// Links, devices and sparse files of a tar are no files here.
    NotFiles {
        /// The tar.
        name: String,
        /// How many there are.
        count: u64,
        /// The first one.
        example: String,
    },
    /// Names of files of a tar are no paths within it.
    NamesRefused {
        /// The tar.
        name: String,
        /// How many there are.
        count: u64,
        /// The first one.
        example: String,
    },
    /// Something follows the end mark of a tar.
    AfterEnd {
        /// The tar.
        name: String,
        /// Where it ends.
        end: u64,
        /// Where something follows.
        at: u64,
    },
    /// Files of one key do not stand together in a shard.
    SplitKeys {
        /// The shard.
        name: String,
        /// How many keys there are of which this is so.
        count: u64,
        /// The first one.
        example: String,
    },
    /// Texts lie beside no image of the same name.
    LoneCaptions {
        /// The dataset.
        name: String,
        /// How many there are.
        count: u64,
    },
    /// Files that could be of records are not.
    FilesLeftOut {
        /// How many there are.
        count: u64,
        /// The first one.
        example: String,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MembersIgnored {
                name,
                count,
                example,
            } => write!(f, "{name}: {count} members are not read, such as {example}"),
            Self::NotFiles {
                name,
                count,
                example,
            } => write!(
                f,
                "{name}: links, devices and sparse files are passed over: {count}, the first is {example}; \
                 pack them as plain files if they are needed"
            ),
            Self::NamesRefused {
                name,
                count,
                example,
            } => write!(
                f,
                "{name}: files whose names are absolute, lead out of the archive or are not UTF-8 \
                 are passed over: {count}, the first is {example}; pack them under plain relative \
                 names if they are needed"
            ),
            Self::AfterEnd { name, end, at } => write!(
                f,
                "{name}: the archive ends at byte {end}, and at byte {at} more follows, which is not \
                 read; if several archives were joined, give them one by one"
            ),
            Self::SplitKeys {
                name,
                count,
                example,
            } => write!(
                f,
                "{name}: keys whose files do not stand together are taken for several samples, as \
                 `webdataset` does: {count}, the first is {example}; sort the archive by name if they \
                 belong together"
            ),
            Self::LoneCaptions { name, count } => write!(
                f,
                "{name}: {count} texts lie beside no image of the same name, and are no records"
            ),
            Self::FilesLeftOut { count: 1, example } => write!(f, "left out: {example}"),
            Self::FilesLeftOut { count, example } => {
                write!(f, "{count} files left out, the first of them: {example}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_a_sentence_and_a_code_with_what_belongs_into_one() {
        let one = Remark::FilesLeftOut {
            count: 1,
            example: "info.json: no records in it".to_owned(),
        };
        assert_eq!(one.to_string(), "left out: info.json: no records in it");
        let json = serde_json::to_value(&one).unwrap();
        let expected = serde_json::json!({
            "code": "files_left_out", "count": 1, "example": "info.json: no records in it"
        });
        assert_eq!(json, expected);
        let more = Remark::FilesLeftOut {
            count: 3,
            example: "a".to_owned(),
        };
        assert_eq!(more.to_string(), "3 files left out, the first of them: a");
    }
}
