//! What can be in a scene and how it is called. The order is the order of frequency: the first shape
//! and colour are common, the last are rare.

use crate::drawing::Rgb;
use crate::rng::Rng;
use crate::vocabulary::vocabulary;

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
    pub(crate) fn rgb(self) -> Rgb {
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

    /// Whether the colour stands out better from black than from white.
    pub(crate) fn is_light(self) -> bool {
        matches!(self, Self::Yellow | Self::Orange | Self::Pink | Self::Cyan)
    }

    /// The colour of stripes and dots: near enough to the colour that the outline stays whole on any
    /// background, and far enough to be seen.
    pub(crate) fn marking(self) -> Rgb {
        let (own, end) = if self.is_light() { (3, 20) } else { (4, 255) };
        self.rgb()
            .map(|channel| ((u32::from(channel) * own + end * (10 - own)) / 10) as u8)
    }

    /// Draws a colour with a likelihood of 1 / rank.
    pub(crate) fn sample(rng: &mut Rng) -> Self {
        Self::ALL[rng.zipf(Self::ALL.len() as u32) as usize]
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
        let colour = Colour::sample(rng);
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
