//! The two worlds there are: one to learn on, one that is new in every respect.

/// Which world: what its pictures show and how its records speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Realm {
    /// Geometric shapes, strings of capitals and bar charts.
    Shapes = 1,
    /// Houses, boats and other things in front of landscapes, words on signs, line and pie charts.
    Things = 2,
}

impl Realm {
    /// Every realm.
    pub const ALL: [Self; 2] = [Self::Shapes, Self::Things];

    /// The name in truth files and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shapes => "shapes",
            Self::Things => "things",
        }
    }

    /// The realm of a [name](Self::name).
    ///
    /// # Errors
    /// [`Error::UnknownRealm`](crate::Error::UnknownRealm) for any other word.
    pub fn from_name(name: &str) -> Result<Self, crate::Error> {
        Self::ALL
            .into_iter()
            .find(|realm| realm.name() == name)
            .ok_or_else(|| crate::Error::UnknownRealm {
                found: name.to_owned(),
            })
    }
}
