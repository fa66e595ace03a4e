//! The sources a dataset is put together from, as LLaVA's mix is from COCO, GQA and others.

use crate::drawing::Coding;
use crate::realm::Realm;
use crate::rng::Rng;

/// One source of records: its own kind of scenes and questions, its own sub-folder of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Shapes: one object; what is it?
    Recognition,
    /// Shapes: up to nine objects of one or two kinds; how many?
    Counting,
    /// Shapes: some different objects; where do they stand to each other, and in which box?
    Spatial,
    /// Shapes: some different objects; what colour, size and texture?
    Attribute,
    /// Shapes: a string of large glyphs on a plate; what does it say?
    Reading,
    /// Shapes: two objects or two groups; which is larger, which are more?
    Comparison,
    /// Shapes: a bar chart; which bar is the highest?
    Chart,
    /// Shapes: some objects; is there one of this kind?
    YesNo,
    /// Shapes: a full scene, described in sentences to a stock prompt.
    Description,
    /// Shapes: conversations without an image.
    TextOnly,
    /// Things: a question with lettered options.
    MultipleChoice,
    /// Things: one thing; identify it.
    Identify,
    /// Things: is a statement about the picture true or false?
    TrueFalse,
    /// Things: several things of one or two kinds; give their number.
    Quantity,
    /// Things: which thing stands leftmost, and where is it?
    Position,
    /// Things: a word on a sign board; read it.
    SignReading,
    /// Things: a line or pie chart; what does it say?
    GraphReading,
    /// Things: all alike but one; which one?
    OddOneOut,
    /// Things: name the colour.
    ColorNaming,
    /// Things: captions to stock prompts.
    Caption,
    /// Things: instructions without an image.
    PlainText,
}

const SHAPES: [Source; 10] = [
    Source::Recognition,
    Source::Counting,
    Source::Spatial,
    Source::Attribute,
    Source::Reading,
    Source::Comparison,
    Source::Chart,
    Source::YesNo,
    Source::Description,
    Source::TextOnly,
];
const SHAPES_WEIGHTS: [u32; 10] = [13, 11, 13, 12, 11, 9, 8, 7, 12, 4];

const THINGS: [Source; 11] = [
    Source::MultipleChoice,
    Source::Identify,
    Source::TrueFalse,
    Source::Quantity,
    Source::Position,
    Source::SignReading,
    Source::GraphReading,
    Source::OddOneOut,
    Source::ColorNaming,
    Source::Caption,
    Source::PlainText,
];
const THINGS_WEIGHTS: [u32; 11] = [12, 12, 11, 10, 10, 10, 8, 6, 6, 12, 3];

impl Source {
    /// The sources of a realm, the one without images last.
    pub fn of(realm: Realm) -> &'static [Self] {
        match realm {
            Realm::Shapes => &SHAPES,
            Realm::Things => &THINGS,
        }
    }

    /// How often each source of a realm is drawn, in percent, in the order of [`Self::of`].
    pub fn weights(realm: Realm) -> &'static [u32] {
        match realm {
            Realm::Shapes => &SHAPES_WEIGHTS,
            Realm::Things => &THINGS_WEIGHTS,
        }
    }

    /// The realm that the source belongs to.
    pub fn realm(self) -> Realm {
        if SHAPES.contains(&self) {
            Realm::Shapes
        } else {
            Realm::Things
        }
    }

    /// Whether the records of the source have images.
    pub fn has_images(self) -> bool {
        !matches!(self, Self::TextOnly | Self::PlainText)
    }

    /// One of the realm's sources, each as likely as its weight.
    pub(crate) fn sample(realm: Realm, rng: &mut Rng) -> Self {
        Self::of(realm)[rng.weighted(Self::weights(realm))]
    }

    /// One of the realm's sources that have images.
    pub(crate) fn sample_with_images(realm: Realm, rng: &mut Rng) -> Self {
        // The source without images is the last.
        let [weights @ .., _] = Self::weights(realm) else {
            unreachable!("every realm has sources")
        };
        Self::of(realm)[rng.weighted(weights)]
    }

    /// The place among the realm's sources. It is part of the dataset's definition.
    pub(crate) fn number(self) -> u64 {
        let sources = Self::of(self.realm());
        let place = sources.iter().position(|&source| source == self);
        place.expect("a source is among those of its realm") as u64
    }

    /// The name of the source and of the top folder of its images.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recognition => "recognition",
            Self::Counting => "counting",
            Self::Spatial => "spatial",
            Self::Attribute => "attribute",
            Self::Reading => "reading",
            Self::Comparison => "comparison",
            Self::Chart => "chart",
            Self::YesNo => "yes_no",
            Self::Description => "description",
            Self::TextOnly => "text_only",
            Self::MultipleChoice => "multiple_choice",
            Self::Identify => "identify",
            Self::TrueFalse => "true_false",
            Self::Quantity => "quantity",
            Self::Position => "position",
            Self::SignReading => "sign_reading",
            Self::GraphReading => "graph_reading",
            Self::OddOneOut => "odd_one_out",
            Self::ColorNaming => "color_naming",
            Self::Caption => "caption",
            Self::PlainText => "plain_text",
        }
    }

    /// The folder of the source's images below the images root, with `/`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Recognition => "recognition/train",
            Self::Counting => "counting/images",
            Self::Spatial => "spatial/images",
            Self::Attribute => "attribute/set_a",
            Self::Reading => "reading/train_images",
            Self::Comparison => "comparison/pairs",
            Self::Chart => "chart/png",
            Self::YesNo => "yes_no/train",
            Self::Description => "description/images",
            Self::MultipleChoice => "multiple_choice/images",
            Self::Identify => "identify/train2014",
            Self::TrueFalse => "true_false/images",
            Self::Quantity => "quantity/scenes",
            Self::Position => "position/images",
            Self::SignReading => "sign_reading/signs",
            Self::GraphReading => "graph_reading/plots",
            Self::OddOneOut => "odd_one_out/images",
            Self::ColorNaming => "color_naming/set_1",
            Self::Caption => "caption/val",
            Self::TextOnly | Self::PlainText => "",
        }
    }

    pub(crate) fn coding(self) -> Coding {
        match self {
            Self::Spatial
            | Self::Attribute
            | Self::Chart
            | Self::Quantity
            | Self::Position
            | Self::GraphReading => Coding::Png,
            _ => Coding::Jpeg,
        }
    }
}
