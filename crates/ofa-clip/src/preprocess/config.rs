//! `preprocessor_config.json`.

use super::{Filter, Preprocessor, Size};
use crate::config::value::{Section, shown, size_of};
use crate::{Error, Result};
use serde_json::Value;

const FILE: &str = "preprocessor_config.json";
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

pub(super) fn read(bytes: &[u8]) -> Result<Preprocessor> {
    let json: Value = serde_json::from_slice(bytes).map_err(|source| Error::Json {
        file: FILE.into(),
        source,
    })?;
    let root = Section::root(FILE, &json)?;
    check_processor(&root)?;

    let resize = if root.flag("do_resize", true)? {
        Some((target_size(&root)?, filter(&root)?))
    } else {
        None
    };
    let crop = if root.flag("do_center_crop", true)? {
        Some(crop_size(&root)?)
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
    Ok(Preprocessor {
        resize,
        crop,
        output,
        levels: levels(&root)?,
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
    if root.flag("do_pad", false)? {
        return Err(root.error("do_pad", "false", "true"));
    }
    Ok(())
}

fn target_size(root: &Section<'_>) -> Result<TargetSize> {
    const EXPECTED: &str = "a number, {\"shortest_edge\": …} or {\"height\": …, \"width\": …}";
    let Some(value) = root.get("size") else {
        return Ok(TargetSize::ShortestEdge(224));
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
    } else if only(&["height", "width"]) {
        height_and_width(value).map(TargetSize::Exact)
    } else {
        None
    };
    found.ok_or_else(|| root.error("size", EXPECTED, shown(value)))
}

fn crop_size(root: &Section<'_>) -> Result<Size> {
    let Some(value) = root.get("crop_size") else {
        return Ok(Size {
            height: 224,
            width: 224,
        });
    };
    let square = size_of(value).map(|side| Size {
        height: side,
        width: side,
    });
    square.or_else(|| height_and_width(value)).ok_or_else(|| {
        root.error(
            "crop_size",
            "a number or {\"height\": …, \"width\": …}",
            shown(value),
        )
    })
}

fn height_and_width(value: &Value) -> Option<Size> {
    Some(Size {
        height: size_of(value.get("height")?)?,
        width: size_of(value.get("width")?)?,
    })
}

fn filter(root: &Section<'_>) -> Result<Filter> {
    match root.get("resample") {
        None => Ok(Filter::Bicubic),
        Some(value) => match value.as_u64() {
            Some(2) => Ok(Filter::Bilinear),
            Some(3) => Ok(Filter::Bicubic),
            _ => Err(root.error("resample", "2 (bilinear) or 3 (bicubic)", shown(value))),
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
    fn what_cannot_be_done_is_refused() {
        assert_eq!(
            error(r#"{"image_processor_type": "SiglipImageProcessor"}"#),
            "preprocessor_config.json: `image_processor_type`: expected CLIPImageProcessor or CLIPFeatureExtractor, found SiglipImageProcessor; correct the file if it was edited, otherwise use a model that fits this"
        );
        assert!(error(r#"{"resample": 1}"#).contains("expected 2 (bilinear) or 3 (bicubic)"));
        assert!(error(r#"{"size": {"longest_edge": 5}}"#).contains("`size`"));
        assert!(error(r#"{"size": {"shortest_edge": 5, "longest_edge": 9}}"#).contains("`size`"));
        assert!(error(r#"{"crop_size": 0}"#).contains("`crop_size`"));
        assert!(error(r#"{"do_center_crop": false}"#).contains("one size"));
        assert!(error(r#"{"do_pad": true}"#).contains("`do_pad`"));
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
