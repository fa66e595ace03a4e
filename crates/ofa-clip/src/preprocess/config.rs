//! `preprocessor_config.json`, or `image_processor` in `processor_config.json`.

use super::{Filter, Preprocessor, Size};
use crate::config::value::{Section, shown, size_of};
use crate::{Error, Result};
use serde_json::Value;

const FILE: &str = "preprocessor_config.json";
const PROCESSOR_FILE: &str = "processor_config.json";
/// The side of an image where nothing else is said.
const DEFAULT_SIDE: usize = 224;
const CLIP_MEAN: [f64; 3] = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD: [f64; 3] = [0.26862954, 0.26130258, 0.27577711];

/// What an image is resized to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetSize {
    /// The shorter side gets this length, the longer one follows.
    ShortestEdge(usize),
    /// Both sides are given; the aspect ratio is not kept.
    Exact(Size),
}

impl TargetSize {
    pub(super) fn of(self, image: Size) -> Size {
        match self {
            Self::Exact(size) => size,
            Self::ShortestEdge(edge) => {
                let (short, long) = if image.width <= image.height {
                    (image.width, image.height)
                } else {
                    (image.height, image.width)
                };
                // Python: int(edge * long / short), a division of exact integers rounded
                // to the nearest f64 and then cut.
                let long = ((edge as u64 * long as u64) as f64 / short as f64) as usize;
                if image.width <= image.height {
                    Size {
                        height: long,
                        width: edge,
                    }
                } else {
                    Size {
                        height: edge,
                        width: long,
                    }
                }
            }
        }
    }
}

/// `preprocessor_config.json`.
pub(super) fn read(bytes: &[u8]) -> Result<Preprocessor> {
    let json = parse(FILE, bytes)?;
    preprocessor(FILE, &Section::root(FILE, &json)?)
}

/// `processor_config.json`; nothing where it does not say how images are processed.
pub(super) fn read_processor(bytes: &[u8]) -> Result<Option<Preprocessor>> {
    let json = parse(PROCESSOR_FILE, bytes)?;
    let root = Section::root(PROCESSOR_FILE, &json)?;
    let section = root.section("image_processor")?;
    section
        .map(|section| preprocessor(PROCESSOR_FILE, &section))
        .transpose()
}

fn parse(file: &str, bytes: &[u8]) -> Result<Value> {
    serde_json::from_slice(bytes).map_err(|source| Error::Json {
        file: file.into(),
        source,
    })
}

fn preprocessor(file: &'static str, root: &Section<'_>) -> Result<Preprocessor> {
    check_processor(root)?;
    let resize = if root.flag("do_resize", true)? {
        Some((target_size(root)?, filter(root)?))
    } else {
        None
    };
    let crop = if root.flag("do_center_crop", true)? {
        Some(crop_size(root)?)
    } else {
        None
    };
    let output = match (crop, &resize) {
        (Some(crop), _) => crop,
        (None, Some((TargetSize::Exact(size), _))) => *size,
        (None, _) => {
            return Err(root.error(
                "do_center_crop",
                "true, or a `size` with height and width: all images must become one size",
                "false",
            ));
        }
    };
    let pixels = output.height.checked_mul(output.width);
    if pixels.and_then(|pixels| pixels.checked_mul(3)).is_none() {
        let key = if crop.is_some() { "crop_size" } else { "size" };
        let found = format!("{}x{}", output.width, output.height);
        return Err(root.error(key, "a size whose pixels this machine can count", found));
    }
    check_padding(root, output)?;
    Ok(Preprocessor {
        file,
        resize,
        crop,
        output,
        levels: levels(root)?,
    })
}

fn check_processor(root: &Section<'_>) -> Result<()> {
    for key in ["image_processor_type", "feature_extractor_type"] {
        if let Some(name) = root.text(key)?
            && !name.starts_with("CLIP")
        {
            return Err(root.error(key, "CLIPImageProcessor or CLIPFeatureExtractor", name));
        }
    }
    Ok(())
}

/// `do_pad` pads the images of a batch to the largest of them, and all have one size here; but
/// with a `pad_size` it pads to that.
fn check_padding(root: &Section<'_>, output: Size) -> Result<()> {
    let pads = root.flag("do_pad", false)?;
    match root.get("pad_size") {
        Some(size) if pads && height_and_width(size) != Some(output) => {
            let expected = format!(
                "the size that images have, height {} and width {}",
                output.height, output.width
            );
            Err(root.error("pad_size", &expected, shown(size)))
        }
        _ => Ok(()),
    }
}

fn target_size(root: &Section<'_>) -> Result<TargetSize> {
    const EXPECTED: &str =
        "a number, {\"shortest_edge\": …}, {\"height\": …, \"width\": …} or [height, width]";
    // From the days of KOSMOS-2; `transformers` then looks at no `size`.
    if root.flag("use_square_size", false)? {
        return Ok(TargetSize::Exact(Size {
            height: DEFAULT_SIDE,
            width: DEFAULT_SIDE,
        }));
    }
    let Some(value) = root.get("size") else {
        return Ok(TargetSize::ShortestEdge(DEFAULT_SIDE));
    };
    if let Some(edge) = size_of(value) {
        return Ok(TargetSize::ShortestEdge(edge));
    }
    let part = |key: &str| value.get(key).filter(|part| !part.is_null());
    let only = |keys: &[&str]| {
        [
            "shortest_edge",
            "longest_edge",
            "height",
            "width",
            "max_height",
            "max_width",
        ]
        .iter()
        .all(|key| part(key).is_some() == keys.contains(key))
    };
    let found = if only(&["shortest_edge"]) {
        part("shortest_edge")
            .and_then(size_of)
            .map(TargetSize::ShortestEdge)
    } else if value.is_array() || only(&["height", "width"]) {
        height_and_width(value).map(TargetSize::Exact)
    } else {
        None
    };
    found.ok_or_else(|| root.error("size", EXPECTED, shown(value)))
}

fn crop_size(root: &Section<'_>) -> Result<Size> {
    let Some(value) = root.get("crop_size") else {
        return Ok(Size {
            height: DEFAULT_SIDE,
            width: DEFAULT_SIDE,
        });
    };
    let square = size_of(value).map(|side| Size {
        height: side,
        width: side,
    });
    square.or_else(|| height_and_width(value)).ok_or_else(|| {
        root.error(
            "crop_size",
            "a number, {\"height\": …, \"width\": …} or [height, width]",
            shown(value),
        )
    })
}

/// An object with both, or a list of the two.
fn height_and_width(value: &Value) -> Option<Size> {
    let (height, width) = match value.as_array().map(Vec::as_slice) {
        Some([height, width]) => (height, width),
        Some(_) => return None,
        None => (value.get("height")?, value.get("width")?),
    };
    Some(Size {
        height: size_of(height)?,
        width: size_of(width)?,
    })
}

fn filter(root: &Section<'_>) -> Result<Filter> {
    match root.get("resample") {
        None => Ok(Filter::Bicubic),
        Some(value) => match value.as_u64() {
            Some(1) => Ok(Filter::Lanczos),
            Some(2) => Ok(Filter::Bilinear),
            Some(3) => Ok(Filter::Bicubic),
            Some(4) => Ok(Filter::Box),
            Some(5) => Ok(Filter::Hamming),
            _ => Err(root.error(
                "resample",
                "1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming)",
                shown(value),
            )),
        },
    }
}

/// The arithmetic of `transformers`: rescaling in f64, rounded to f32; normalising in f32.
fn levels(root: &Section<'_>) -> Result<Box<[[f32; 256]; 3]>> {
    let factor = if root.flag("do_rescale", true)? {
        Some(root.positive("rescale_factor", 1.0 / 255.0)?)
    } else {
        None
    };
    let normalise = if root.flag("do_normalize", true)? {
        let mean = channels(root, "image_mean", CLIP_MEAN)?;
        let std = channels(root, "image_std", CLIP_STD)?;
        if std.contains(&0.0) {
            return Err(root.error("image_std", "numbers other than 0", "0"));
        }
        Some((mean, std))
    } else {
        None
    };
    let mut levels = Box::new([[0.0; 256]; 3]);
    for (channel, table) in levels.iter_mut().enumerate() {
        for (level, value) in table.iter_mut().enumerate() {
            *value = match factor {
                Some(factor) => (level as f64 * factor) as f32,
                None => level as f32,
            };
            if let Some((mean, std)) = normalise {
                *value = (*value - mean[channel]) / std[channel];
            }
        }
    }
    Ok(levels)
}

fn channels(root: &Section<'_>, key: &str, default: [f64; 3]) -> Result<[f32; 3]> {
    let numbers = match root.get(key) {
        None => Some(default),
        Some(Value::Array(items)) => {
            let numbers: Option<Vec<f64>> = items.iter().map(Value::as_f64).collect();
            numbers.and_then(|numbers| numbers.try_into().ok())
        }
        Some(value) => value.as_f64().map(|number| [number; 3]),
    };
    let numbers = numbers.map(|numbers| numbers.map(|number| number as f32));
    numbers
        .filter(|numbers| numbers.iter().all(|number| number.is_finite()))
        .ok_or_else(|| {
            let found = root.get(key).map_or_else(String::new, shown);
            root.error(key, "a number for each of 3 channels", found)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        Preprocessor::from_json(json.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn sizes_may_be_numbers_or_objects() {
        let old =
            r#"{"size": 224, "crop_size": 224, "feature_extractor_type": "CLIPFeatureExtractor"}"#;
        let new = r#"{"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224},
                      "image_processor_type": "CLIPImageProcessor", "rescale_factor": 0.00392156862745098}"#;
        let both = [old, new].map(|json| Preprocessor::from_json(json.as_bytes()).unwrap());
        assert_eq!(both[0], both[1]);
        assert_eq!(both[0], Preprocessor::from_json(b"{}").unwrap());
    }

    #[test]
    fn lists_padding_and_square_sizes_mean_what_they_mean_to_transformers() {
        let read = |json: &str| Preprocessor::from_json(json.as_bytes()).unwrap();
        let objects =
            r#"{"size": {"height": 20, "width": 30}, "crop_size": {"height": 16, "width": 18}}"#;
        let lists =
            r#"{"size": [20, 30], "crop_size": [16, 18], "do_pad": true, "pad_size": [16, 18]}"#;
        assert_eq!(read(objects), read(lists));
        assert_eq!(read(r#"{"do_pad": true}"#), read("{}"));
        let square = r#"{"use_square_size": true, "size": 99}"#;
        assert_eq!(read(square), read(r#"{"size": [224, 224]}"#));
        assert_eq!(read(r#"{"use_square_size": false}"#), read("{}"));
    }

    #[test]
    fn the_image_processor_of_a_processor_is_read_and_named() {
        let read = |json: &str| Preprocessor::from_processor_json(json.as_bytes());
        let nested = r#"{"image_processor": {"size": 30, "crop_size": 30}, "processor_class": "CLIPProcessor"}"#;
        let plain = Preprocessor::from_json(br#"{"size": 30, "crop_size": 30}"#).unwrap();
        let nested = read(nested).unwrap().unwrap();
        assert_eq!(
            nested.pixels(9, 9, &[7; 243]).unwrap(),
            plain.pixels(9, 9, &[7; 243]).unwrap()
        );
        assert_eq!(
            read(r#"{"processor_class": "CLIPProcessor"}"#).unwrap(),
            None
        );
        assert_eq!(read(r#"{"image_processor": null}"#).unwrap(), None);
        let message = read(r#"{"image_processor": {"resample": 9}}"#).unwrap_err();
        assert!(
            message
                .to_string()
                .starts_with("processor_config.json: `image_processor.resample`: expected")
        );
        let model = crate::ClipConfig::from_json(b"{}").unwrap();
        let message = nested.check_model(&model).unwrap_err().to_string();
        assert!(message.starts_with("processor_config.json does not fit config.json"));
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        assert_eq!(
            error(r#"{"image_processor_type": "SiglipImageProcessor"}"#),
            "preprocessor_config.json: `image_processor_type`: expected CLIPImageProcessor or CLIPFeatureExtractor, found SiglipImageProcessor; correct the file if it was edited, otherwise use a model that fits this"
        );
        assert!(
            error(r#"{"resample": 0}"#).contains("3 (bicubic), 4 (box) or 5 (Hamming), found 0")
        );
        assert!(error(r#"{"size": {"longest_edge": 5}}"#).contains("`size`"));
        assert!(error(r#"{"size": {"shortest_edge": 5, "longest_edge": 9}}"#).contains("`size`"));
        assert!(error(r#"{"crop_size": 0}"#).contains("`crop_size`"));
        assert!(error(r#"{"do_center_crop": false}"#).contains("one size"));
        assert!(
            error(r#"{"do_pad": true, "pad_size": {"height": 9, "width": 224}}"#)
                .contains("`pad_size`")
        );
        assert!(error(r#"{"size": [224]}"#).contains("`size`"));
        assert!(error(r#"{"crop_size": [224, 224, 3]}"#).contains("`crop_size`"));
        assert!(error(r#"{"image_std": [1, 0, 1]}"#).contains("`image_std`"));
        assert!(error(r#"{"image_mean": [1, 2]}"#).contains("`image_mean`"));
        assert!(error(r#"{"do_resize": "yes"}"#).contains("true or false"));
    }

    #[test]
    fn the_long_edge_is_cut_not_rounded() {
        let size = |width, height| {
            let size = TargetSize::ShortestEdge(224).of(Size { height, width });
            (size.width, size.height)
        };
        assert_eq!(size(640, 480), (298, 224));
        assert_eq!(size(1200, 11), (24436, 224));
        assert_eq!(size(1, 1), (224, 224));
        assert_eq!(size(3, 7), (224, 522));
    }

    #[test]
    fn the_model_must_take_what_comes_out() {
        let model = crate::ClipConfig::from_json(b"{}").unwrap();
        let check = |json: &[u8]| Preprocessor::from_json(json).unwrap().check_model(&model);
        assert!(check(b"{}").is_ok());
        let message = check(br#"{"crop_size": 336}"#).unwrap_err().to_string();
        assert!(message.contains("makes images of 336x336, the model takes 224x224"));
    }
}
