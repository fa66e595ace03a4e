//! What can be in a scene and how it is called. The order is the order of frequency: the first shape
//! and colour are common, the last are rare.

use crate::rng::Rng;

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
            pub(crate) fn other(self, rng: &mut Rng) -> Self {
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

vocabulary!(
    /// The outline of an object.
    Shape {
        Circle = "circle",
        Square = "square",
        Triangle = "triangle",
        Star = "star",
        Diamond = "diamond",
        Hexagon = "hexagon",
        Ring = "ring",
        Cross = "cross",
        Heart = "heart",
        Arrow = "arrow",
        Crescent = "crescent",
        Pentagon = "pentagon",
    }
);

vocabulary!(
    /// The colour of an object.
    Colour {
        Red = "red",
        Blue = "blue",
        Green = "green",
        Yellow = "yellow",
        Orange = "orange",
        Purple = "purple",
        Pink = "pink",
        Brown = "brown",
        Cyan = "cyan",
        Magenta = "magenta",
        Olive = "olive",
        Teal = "teal",
    }
);

vocabulary!(
    /// How large an object is for its place in the scene.
    Size {
        Medium = "medium",
        Large = "large",
        Small = "small",
    }
);

impl Colour {
    pub(crate) fn rgb(self) -> [u8; 3] {
        match self {
            Self::Red => [214, 39, 40],
            Self::Blue => [31, 78, 196],
            Self::Green => [44, 160, 44],
            Self::Yellow => [240, 208, 30],
            Self::Orange => [245, 130, 20],
            Self::Purple => [120, 50, 170],
            Self::Pink => [250, 150, 190],
            Self::Brown => [125, 75, 35],
            Self::Cyan => [40, 210, 225],
            Self::Magenta => [215, 30, 180],
            Self::Olive => [128, 128, 20],
            Self::Teal => [10, 115, 115],
        }
    }
}

/// A shape in a colour: what the world is heavy-tailed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Concept {
    pub(crate) colour: Colour,
    pub(crate) shape: Shape,
}

impl Concept {
    /// Draws shape and colour each with a likelihood of 1 / rank.
    pub(crate) fn sample(rng: &mut Rng) -> Self {
        let shape = Shape::ALL[rng.zipf(Shape::ALL.len() as u32) as usize];
        let colour = Colour::ALL[rng.zipf(Colour::ALL.len() as u32) as usize];
        Self { colour, shape }
    }

    /// As in "red circle".
    pub(crate) fn name(self) -> String {
        format!("{} {}", self.colour.word(), self.shape.word())
    }

    /// As in "3 red circles".
    pub(crate) fn plural(self) -> String {
        format!("{} {}", self.colour.word(), plural(self.shape))
    }
}

/// The plural of a shape's word.
pub(crate) fn plural(shape: Shape) -> String {
    match shape {
        Shape::Cross => "crosses".to_owned(),
        other => format!("{}s", other.word()),
    }
}
