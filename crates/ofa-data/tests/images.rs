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

/// A PNG with another size in its header, and the checksum that belongs to it.
fn png_of(name: &str, width: u32, height: u32) -> Vec<u8> {
    let mut png = patched(
        name,
        &[(16, &width.to_be_bytes()), (20, &height.to_be_bytes())],
    );
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    png
}

/// A JPEG with another size in its frame header.
fn jpeg_of(name: &str, frame: u8, size: [u8; 4]) -> Vec<u8> {
    let at = memchr::memmem::find(&file(name), &[0xff, frame]).unwrap();
    patched(name, &[(at + 5, &size)])
}

/// A little-endian TIFF of one directory of tags: number, type (3: short, 4: long), count, value
/// or where it is.
fn tiff_of(tags: &[(u16, u16, u32, u32)], data: &[u8]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (number, kind, count, value) in tags {
        bytes.extend(number.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    assert!(bytes.len() <= TIFF_DATA);
    bytes.resize(TIFF_DATA, 0);
    bytes.extend(data);
    bytes
}

/// Where the data of [`tiff_of`] begins.
const TIFF_DATA: usize = 256;

/// A grey image of 8 bits in one strip: width, height, compression, length of the strip.
fn strip(width: u32, height: u32, compression: u32, length: u32) -> Vec<(u16, u16, u32, u32)> {
    vec![
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, TIFF_DATA as u32),
        (277, 3, 1, 1),
        (278, 4, 1, u32::MAX),
        (279, 4, 1, length),
    ]
}

/// The same in tiles of this size. `samples`: how many a pixel has.
fn tile(size: [u32; 2], samples: u32) -> Vec<(u16, u16, u32, u32)> {
    let mut tags = strip(8, 8, 1, 64);
    tags.retain(|tag| !(273..=279).contains(&tag.0));
    tags.push((277, 3, 1, samples));
    tags.push((322, 4, 1, size[0]));
    tags.push((323, 4, 1, size[1]));
    tags.push((324, 4, 1, TIFF_DATA as u32));
    tags.push((325, 4, 1, 64));
    tags
}

#[test]
fn dimension_bombs_are_refused_by_their_headers() {
    const HUGE: [u8; 4] = [0xff; 4];

    let find = |name: &str, what: &[u8]| memchr::memmem::find(&file(name), what).unwrap();
    let frame_of_gif = find("frame_in_screen.gif", b"\x2c");
    let webp = |name: &str, chunk: &[u8], at: usize, size: &[u8]| {
        patched(name, &[(find(name, chunk) + 8 + at, size)])
    };
    // Of a size that the decoder of TIFF takes.
    let big_jpeg = jpeg_of("grey.jpg", 0xc0, [0x3e, 0x80, 0x3e, 0x80]);
    // Floating point whose bytes are stored apart is put together from whole rows of a tile.
    let mut floats = tile([1 << 30, 16], 1);
    for tag in floats.iter_mut().filter(|tag| tag.0 == 258) {
        tag.3 = 32;
    }
    floats.extend([(317, 3, 1, 3), (339, 3, 1, 3)]);
    floats.sort();
    let bmp = |name: &str, width: i32, height: i32| {
        let size = [width.to_le_bytes(), height.to_le_bytes()];
        patched(name, &[(18, size.as_flattened())])
    };
    let bombs = [
        ("png", png_of("rgb.png", 60_000, 60_000)),
        ("png, long", png_of("rgb.png", 1, u32::MAX)),
        ("png, largest", png_of("rgba_16.png", u32::MAX, u32::MAX)),
        ("png, interlaced", png_of("interlaced.png", 60_000, 60_000)),
        ("png, indexed", png_of("palette_1bit.png", 60_000, 60_000)),
        ("jpg", jpeg_of("rgb_420_q75.jpg", 0xc0, HUGE)),
        (
            "jpg, progressive",
            jpeg_of("progressive_420.jpg", 0xc2, HUGE),
        ),
        ("jpg, inks", jpeg_of("cmyk.jpg", 0xc0, HUGE)),
        ("gif", patched("palette.gif", &[(6, &HUGE)])),
        ("gif, animated", patched("animated.gif", &[(6, &HUGE)])),
        (
            "gif, the frame alone",
            patched("frame_in_screen.gif", &[(frame_of_gif + 5, &HUGE)]),
        ),
        (
            "gif, the frame's place",
            patched("frame_in_screen.gif", &[(frame_of_gif + 1, &HUGE)]),
        ),
        (
            "webp",
            webp("lossy.webp", b"VP8 ", 6, &[0xff, 0x3f, 0xff, 0x3f]),
        ),
        (
            "webp, lossless",
            webp("lossless.webp", b"VP8L", 1, &[0xfe, 0xbf, 0xff, 0x0f]),
        ),
        (
            "webp, animated",
            patched("animated.webp", &[(24, &[0xff; 6])]),
        ),
        ("bmp", bmp("rgb.bmp", 65_535, 65_535)),
        ("bmp, top down", bmp("top_down.bmp", 65_535, -65_535)),
        ("bmp, run lengths", bmp("rle8.bmp", 65_535, 65_535)),
        ("bmp, one bit", bmp("bits.bmp", 65_535, 65_535)),
        ("tif", tiff_of(&strip(60_000, 60_000, 1, 64), &[0; 64])),
        (
            "tif, packed",
            tiff_of(&strip(60_000, 60_000, 32_773, 64), &[0x81; 64]),
        ),
        (
            "tif, a wide tile",
            tiff_of(&tile([u32::MAX - 15, 16], 1), &[0; 64]),
        ),
        (
            "tif, a wide tile of more samples",
            tiff_of(&tile([1 << 30, 16], 2), &[0; 64]),
        ),
        (
            "tif, a wide tile of floating point",
            tiff_of(&floats, &[0; 64]),
        ),
        (
            "tif, a large jpeg in a small image",
            tiff_of(&strip(8, 8, 7, big_jpeg.len() as u32), &big_jpeg),
        ),
    ];
    for (format, bytes) in bombs {
        let (result, largest) = allocations::largest_in(|| decode(&bytes));
        let error = result.expect_err(format);
        assert_eq!(
            error.reason(),
            SkipReason::ImageTooLarge,
            "{format}: {error}"
        );
        assert!(largest <= 1 << 20, "{format}: allocated {largest} bytes");
    }
}

/// Numbers in a header that are no dimensions and yet could make a decoder allocate.
#[test]
fn lengths_that_lie_allocate_nothing() {
    let second_frame = |first: [u8; 4], second: [u8; 4]| {
        let frame = |size: [u8; 4]| [&[0xff, 0xc0, 0, 11, 8], &size[..], &[1, 1, 0x11, 0]].concat();
        [
            &[0xff, 0xd8],
            &*frame(first),
            &*frame(second),
            &file("grey.jpg")[2..],
        ]
        .concat()
    };
    let grey = file("grey.jpg");
    let huge_jpeg = [&grey[..2], &second_frame([0xff; 4], [0, 8, 0, 8])[2..]].concat();
    let mut tables = strip(8, 8, 7, grey.len() as u32);
    tables.push((
        347,
        7,
        huge_jpeg.len() as u32,
        (TIFF_DATA + grey.len()) as u32,
    ));
    let lies = [
        (
            "jpg, the second frame",
            second_frame([0, 8, 0, 8], [0xff; 4]),
        ),
        (
            "jpg, the first frame",
            second_frame([0xff; 4], [0, 8, 0, 8]),
        ),
        (
            "tif, frames in the tables",
            tiff_of(&tables, &[&*grey, &*huge_jpeg].concat()),
        ),
        ("tif, a strip", tiff_of(&strip(8, 8, 1, u32::MAX), &[0; 60])),
        (
            "tif, a strip of inflated data",
            tiff_of(&strip(8, 8, 8, u32::MAX), &[0; 60]),
        ),
        (
            "tif, a strip of LZW",
            tiff_of(&strip(8, 8, 5, u32::MAX), &[0; 60]),
        ),
        (
            "tif, a high tile",
            tiff_of(&tile([16, u32::MAX - 15], 1), &[0; 64]),
        ),
        (
            "tif, no table",
            tiff_of(
                &{
                    let mut tags = strip(8, 8, 7, 8);
                    tags.push((347, 7, 1, 0));
                    tags
                },
                &grey,
            ),
        ),
        (
            "webp, a chunk",
            patched("lossy.webp", &[(16, &[0xff, 0xff, 0xff, 0x7f])]),
        ),
    ];
    for (format, bytes) in lies {
        let (result, largest) = allocations::largest_in(|| decode(&bytes));
        assert!(result.is_err(), "{format}");
        assert!(largest <= 1 << 20, "{format}: allocated {largest} bytes");
    }
    // Room for the values of a tag is made before they are looked for, but never more than this.
    let mut tags = strip(8, 8, 1, 64);
    for tag in &mut tags {
        if matches!(tag.0, 273 | 279) {
            tag.2 = u32::MAX / 8;
        }
    }
    let bytes = tiff_of(&tags, &[0; 64]);
    let (result, largest) = allocations::largest_in(|| decode(&bytes));
    assert!(result.is_err());
    assert!(largest <= 256 << 20, "allocated {largest} bytes");
}

/// The largest piece of memory that a thread asks for at once.
mod allocations {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        static LARGEST: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn largest_in<T>(run: impl FnOnce() -> T) -> (T, usize) {
        LARGEST.set(0);
        let result = run();
        (result, LARGEST.get())
    }

    struct Watched;

    fn note(size: usize) {
        // A thread that is ending has no such cell any more.
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
    }

    // SAFETY: everything is done by the system's allocator.
    unsafe impl GlobalAlloc for Watched {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            note(layout.size());
            unsafe { System.alloc(layout) }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            note(layout.size());
            unsafe { System.alloc_zeroed(layout) }
        }

        unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            note(size);
            unsafe { System.realloc(at, layout, size) }
        }

        unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
            unsafe { System.dealloc(at, layout) }
        }
    }

    #[global_allocator]
    static WATCHED: Watched = Watched;
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
