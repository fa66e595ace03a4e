//! Decoding against Pillow, on the files of `tests/goldens/images`.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use ofa_data::{DecodeError, Limits, SkipReason, decode, decode_with_limits};

fn goldens() -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "tests",
        "goldens",
        "images",
    ]
    .iter()
    .collect()
}

fn file(name: &str) -> Vec<u8> {
    fs::read(goldens().join("files").join(name)).unwrap()
}

/// What Pillow makes of a file. `None`: it refuses it.
struct Expected {
    name: String,
    image: Option<(u32, u32, Vec<u8>)>,
}

fn expected() -> Vec<Expected> {
    let index: Vec<serde_json::Value> =
        serde_json::from_slice(&fs::read(goldens().join("index.json")).unwrap()).unwrap();
    let packed = fs::read(goldens().join("pixels.bin")).unwrap();
    let mut pixels = flate2::read::ZlibDecoder::new(packed.as_slice());
    let list = index
        .iter()
        .map(|entry| {
            let number = |key: &str| Some(entry.get(key)?.as_u64().unwrap() as u32);
            let image = number("width")
                .zip(number("height"))
                .map(|(width, height)| {
                    let mut rgb = vec![0; (width * height * 3) as usize];
                    pixels.read_exact(&mut rgb).unwrap();
                    (width, height, rgb)
                });
            assert_eq!(image.is_none(), entry.get("refused").is_some());
            Expected {
                name: entry["file"].as_str().unwrap().to_owned(),
                image,
            }
        })
        .collect();
    assert_eq!(
        pixels.read(&mut [0]).unwrap(),
        0,
        "pixels.bin has more than index.json says"
    );
    list
}

/// Largest and mean difference from Pillow that is allowed.
///
/// Measured (this test prints all with `--nocapture`): 0, but where another JPEG decoder works
/// within that of TIFF, whose inverse transform rounds otherwise than libjpeg-turbo's.
fn tolerance(name: &str) -> (u8, f64) {
    match name {
        "jpeg.tif" => (1, 0.01),
        _ => (0, 0.0),
    }
}

/// What Pillow reads and this crate does not.
const NOT_READ: [&str; 1] = ["no_palette.gif"];

#[test]
fn pixels_are_those_of_pillow() {
    let mut wrong = vec![];
    for Expected { name, image } in expected() {
        let decoded = decode(&file(&name));
        let (expected, decoded) = match (image, decoded) {
            (Some(expected), Ok(decoded)) => (expected, decoded),
            (None, Err(error)) => {
                println!("{name:32} refused: {error}");
                assert_eq!(error.reason(), SkipReason::ImageUnreadable);
                continue;
            }
            (None, Ok(_)) => {
                wrong.push(format!("{name}: Pillow refuses it"));
                continue;
            }
            (Some(_), Err(_)) if NOT_READ.contains(&name.as_str()) => continue,
            (Some(_), Err(error)) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let (width, height, expected) = expected;
        if (decoded.width, decoded.height) != (width, height) {
            wrong.push(format!("{name}: {}x{}", decoded.width, decoded.height));
            continue;
        }
        assert_eq!(decoded.pixels.len(), expected.len());
        let differences = decoded
            .pixels
            .iter()
            .zip(&expected)
            .map(|(a, b)| a.abs_diff(*b));
        let largest = differences.clone().max().unwrap();
        let mean = differences.map(f64::from).sum::<f64>() / expected.len() as f64;
        println!("{name:32} {width}x{height}: largest difference {largest}, mean {mean:.4}");
        let (allowed, allowed_mean) = tolerance(&name);
        if largest > allowed || mean > allowed_mean {
            wrong.push(format!(
                "{name}: largest difference {largest}, mean {mean:.4}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cut_or_damaged_files_are_errors_or_images_never_more() {
    let mut gave_up = vec![];
    for Expected { name, .. } in expected() {
        let whole = file(&name);
        let mut check = |bytes: &[u8], what: String| match decode(bytes) {
            Ok(image) => {
                let pixels = u64::from(image.width) * u64::from(image.height);
                assert_eq!(image.pixels.len() as u64, 3 * pixels, "{what}");
            }
            Err(DecodeError::Broken { problem, .. }) if problem.contains("gave up") => {
                gave_up.push(what);
            }
            Err(_) => {}
        };
        for part in 0..24 {
            let length = whole.len() * part / 24;
            check(&whole[..length], format!("{name} cut at {length}"));
        }
        for nth in 0..24 {
            let at = (nth * 7919 + 13) % whole.len();
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            check(&damaged, format!("{name} damaged at {at}"));
        }
    }
    assert!(gave_up.is_empty(), "a decoder panicked: {gave_up:#?}");
}

#[test]
fn every_cut_of_a_jpeg_is_seen() {
    for name in ["rgb_420_q75.jpg", "progressive_420.jpg", "restarts.jpg"] {
        let whole = file(name);
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "{name} cut at {length}");
        }
    }
}

/// Overwrites bytes of a golden.
fn patched(name: &str, patches: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = file(name);
    for (at, patch) in patches {
        bytes[*at..at + patch.len()].copy_from_slice(patch);
    }
    bytes
}

#[test]
fn dimension_bombs_are_refused_by_their_headers() {
    let find = |name: &str, what: &[u8]| memchr::memmem::find(&file(name), what).unwrap();
    let mut png = patched(
        "rgb.png",
        &[
            (16, &60_000u32.to_be_bytes()),
            (20, &60_000u32.to_be_bytes()),
        ],
    );
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let jpeg = find("rgb_420_q75.jpg", &[0xff, 0xc0]);
    // Width, height and rows of a strip: number, type, count, and then the value.
    let tiff_value = |tag: u8| {
        let of_type = |kind| {
            memchr::memmem::find(&file("rgb.tif"), &[tag, 1, kind, 0, 1, 0, 0, 0]).map(|at| at + 8)
        };
        of_type(3).or_else(|| of_type(4)).unwrap()
    };
    let bombs = [
        ("png", png),
        ("jpg", patched("rgb_420_q75.jpg", &[(jpeg + 5, &[0xff; 4])])),
        ("gif", patched("palette.gif", &[(6, &[0xff; 4])])),
        ("webp", patched("animated.webp", &[(24, &[0xff; 6])])),
        (
            "bmp",
            patched(
                "rgb.bmp",
                &[(18, &[0xff, 0xff, 0, 0]), (22, &[0xff, 0xff, 0, 0])],
            ),
        ),
        (
            "tif",
            patched(
                "rgb.tif",
                &[0x00, 0x01, 0x16].map(|tag| (tiff_value(tag), &[0xff, 0xff, 0, 0][..])),
            ),
        ),
    ];
    for (format, bytes) in bombs {
        let error = decode(&bytes).unwrap_err();
        assert_eq!(
            error.reason(),
            SkipReason::ImageTooLarge,
            "{format}: {error}"
        );
    }
}

#[test]
fn limits_are_those_of_the_caller() {
    let bytes = file("rgb.png");
    let pixels = 37 * 29;
    let fits = Limits {
        max_pixels: pixels,
        max_bytes: pixels * 6,
    };
    assert!(decode_with_limits(&bytes, &fits).is_ok());
    for limits in [
        Limits {
            max_pixels: pixels - 1,
            ..fits
        },
        Limits {
            max_bytes: pixels * 6 - 1,
            ..fits
        },
    ] {
        let error = decode_with_limits(&bytes, &limits).unwrap_err();
        assert_eq!(error.reason(), SkipReason::ImageTooLarge);
        assert!(error.to_string().starts_with("37x29 pixels: "), "{error}");
    }
}

#[test]
fn what_is_no_image_is_named() {
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"\xef\xbb\xbf <!DOCTYPE html>", "web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "git lfs pull",
        ),
        (b"\0\0\0 ftypavif", "AVIF"),
        (b"\0\0\0 ftypheic", "HEIC"),
        (b"%PDF-1.4", "PDF"),
        (b"hello", "unknown data"),
    ] {
        let error = decode(bytes).unwrap_err();
        assert_eq!(error.reason(), SkipReason::ImageUnreadable);
        assert!(error.to_string().contains(words), "{error}");
    }
}
