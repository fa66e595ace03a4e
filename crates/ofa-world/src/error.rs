/// Why a world could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A world of no records was asked for.
    #[error("a world needs at least 1 record, found 0: ask for a larger number of records")]
    NoRecords,
    /// More records were asked for than positions can name.
    #[error(
        "a world has at most {max} records, found {found}: ask for a smaller number of records"
    )]
    TooManyRecords {
        /// The largest number of records.
        max: u64,
        /// The number that was asked for.
        found: u64,
    },
    /// A realm was named that there is not.
    #[error("a realm is \"shapes\" or \"things\", found {found:?}: name one of the two")]
    UnknownRealm {
        /// The name that was given.
        found: String,
    },
}
