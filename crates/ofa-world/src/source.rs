//! The sources a dataset is put together from, as LLaVA's mix is from COCO, GQA and others.

/// One source of records: its own kind of scenes and questions, its own sub-folder of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// One object: what is it?
    Recognition,
    /// Up to nine objects of one or two kinds: how many?
    Counting,
    /// Some different objects: where do they stand to each other?
    Spatial,
    /// Some different objects: what colour, what size?
    Attribute,
    /// Some objects: is there one of this kind?
    YesNo,
    /// A full scene, described in sentences to a stock prompt.
    Description,
    /// Conversations without an image.
    TextOnly,
}

/// How the images of a source are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Jpeg,
    Png,
}

impl Coding {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 7] = [
        Self::Recognition,
        Self::Counting,
        Self::Spatial,
        Self::Attribute,
        Self::YesNo,
        Self::Description,
        Self::TextOnly,
    ];

    /// How often each of [`Self::ALL`] is drawn, in percent.
    pub(crate) const WEIGHTS: [u32; 7] = [22, 17, 15, 14, 14, 12, 6];

    /// The name of the source and of the top folder of its images.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recognition => "recognition",
            Self::Counting => "counting",
            Self::Spatial => "spatial",
            Self::Attribute => "attribute",
            Self::YesNo => "yes_no",
            Self::Description => "description",
            Self::TextOnly => "text_only",
        }
    }

    /// The folder of the source's images below the images root, with `/`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Recognition => "recognition/train",
            Self::Counting => "counting/images",
            Self::Spatial => "spatial/images",
            Self::Attribute => "attribute/set_a",
            Self::YesNo => "yes_no/train",
            Self::Description => "description/images",
            Self::TextOnly => "",
        }
    }

    pub(crate) fn coding(self) -> Coding {
        match self {
            Self::Spatial | Self::Attribute => Coding::Png,
            _ => Coding::Jpeg,
        }
    }
}
