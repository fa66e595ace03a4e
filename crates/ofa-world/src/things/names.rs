//! What can be in a scene and how it is called. The order is the order of frequency: the first things
//! and shades are common, the last are rare.

use crate::drawing::Rgb;
use crate::rng::Rng;
use crate::vocabulary::vocabulary;

vocabulary!(
    /// What an item is.
    Thing {
        House = "house",
        Boat = "boat",
        Tree = "tree",
        Fish = "fish",
        Car = "car",
        Flower = "flower",
        Mug = "mug",
        Umbrella = "umbrella",
        Cat = "cat",
        Mushroom = "mushroom",
        Lamp = "lamp",
        Balloon = "balloon",
        Key = "key",
        Clock = "clock",
        Kite = "kite",
        Cloud = "cloud",
    }
);

vocabulary!(
    /// The colour of an item's main part.
    Shade {
        Crimson = "crimson",
        Navy = "navy",
        Lime = "lime",
        Gold = "gold",
        Violet = "violet",
        Salmon = "salmon",
        Turquoise = "turquoise",
        Ivory = "ivory",
        Charcoal = "charcoal",
        Maroon = "maroon",
    }
);

vocabulary!(
    /// How large an item is for its place in the scene.
    Size {
        Normal = "normal",
        Huge = "huge",
        Tiny = "tiny",
    }
);

impl Shade {
    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Self::Crimson => [220, 20, 60],
            Self::Navy => [20, 35, 125],
            Self::Lime => [160, 235, 30],
            Self::Gold => [245, 190, 10],
            Self::Violet => [150, 70, 225],
            Self::Salmon => [250, 140, 115],
            Self::Turquoise => [45, 210, 195],
            Self::Ivory => [250, 246, 228],
            Self::Charcoal => [58, 60, 68],
            Self::Maroon => [115, 15, 40],
        }
    }

    /// The same in the shade: for the lesser parts of a thing.
    pub(crate) fn shadow(self) -> Rgb {
        self.rgb().map(|channel| (u32::from(channel) * 2 / 3) as u8)
    }

    /// Whether the shade is bright.
    pub(crate) fn is_light(self) -> bool {
        matches!(
            self,
            Self::Lime | Self::Gold | Self::Salmon | Self::Turquoise | Self::Ivory
        )
    }

    /// Whether the shade stands out from a colour.
    pub(crate) fn stands_out_from(self, other: Rgb) -> bool {
        let distance: i32 = self
            .rgb()
            .iter()
            .zip(other)
            .map(|(&one, other)| i32::from(one.abs_diff(other)))
            .sum();
        distance >= 130
    }

    /// Draws a shade that stands out from all of some colours, with a likelihood of 1 / rank.
    pub(crate) fn sample(rng: &mut Rng, behind: &[Rgb]) -> Self {
        loop {
            let shade = Self::ALL[rng.zipf(Self::ALL.len() as u32) as usize];
            if behind.iter().all(|&rgb| shade.stands_out_from(rgb)) {
                return shade;
            }
        }
    }
}

impl Thing {
    pub(crate) fn plural(self) -> String {
        match self {
            Self::Fish => "fish".to_owned(),
            other => format!("{}s", other.word()),
        }
    }

    /// Draws a thing with a likelihood of 1 / rank.
    pub(crate) fn sample(rng: &mut Rng) -> Self {
        Self::ALL[rng.zipf(Self::ALL.len() as u32) as usize]
    }
}

/// A thing in a shade: what the world is heavy-tailed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    pub(crate) shade: Shade,
    pub(crate) thing: Thing,
}

impl Kind {
    pub(crate) fn sample(rng: &mut Rng, behind: &[Rgb]) -> Self {
        let thing = Thing::sample(rng);
        let shade = Shade::sample(rng, behind);
        Self { shade, thing }
    }

    /// As in "crimson house".
    pub(crate) fn name(self) -> String {
        format!("{} {}", self.shade.word(), self.thing.word())
    }

    /// As in "crimson houses".
    pub(crate) fn plural(self) -> String {
        format!("{} {}", self.shade.word(), self.thing.plural())
    }
}
