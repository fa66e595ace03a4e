//! Closed sets of words.

/// An enum whose items each have an English word.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($item:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($item),+ }

        impl $name {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$item),+];

            /// The English word.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$item => $word),+ }
            }

            /// Any other than this one.
            pub(crate) fn other(self, rng: &mut crate::rng::Rng) -> Self {
                loop {
                    let candidate = *rng.pick(Self::ALL);
                    if candidate != self {
                        return candidate;
                    }
                }
            }
        }
    };
}

pub(crate) use vocabulary;
