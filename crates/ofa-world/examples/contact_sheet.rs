//! Writes one PNG with pictures of every source of a realm, to be looked at.
//!
//! `cargo run -p ofa-world --example contact_sheet -- REALM SEED OUT.png [SIDE]`
//!
//! `SIDE` is the side that each picture is scaled to, 128 if it is left out; 64 is what the encoder
//! sees.

use std::process::ExitCode;

use image::RgbImage;
use image::imageops::{FilterType, overlay, resize};
use ofa_world::{Captioned, Realm, Source, World};

const COLUMNS: usize = 8;
const ROWS: usize = 6;
const GAP: u32 = 4;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("contact_sheet: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (realm, seed, out, side) = match &arguments[..] {
        [realm, seed, out] => (realm, seed, out, 128),
        [realm, seed, out, side] => (realm, seed, out, side.parse()?),
        _ => return Err("expected three or four arguments, REALM SEED OUT.png [SIDE]".into()),
    };
    let realm = Realm::from_name(realm)?;
    let world = World::new(realm, seed.parse()?, 1)?;

    let step = side + GAP;
    let mut sheet = RgbImage::new(COLUMNS as u32 * step + GAP, ROWS as u32 * step + GAP);
    for (place, captioned) in (0..).zip(by_source(&world)) {
        let picture = image::load_from_memory(&captioned.image)?.to_rgb8();
        let scaled = resize(&picture, side, side, FilterType::Triangle);
        let (column, row) = (place % COLUMNS as u32, place / COLUMNS as u32);
        let (x, y) = (GAP + column * step, GAP + row * step);
        overlay(&mut sheet, &scaled, x.into(), y.into());
        println!(
            "{row}.{column} {}: {} | {:?}",
            captioned.source.name(),
            captioned.captions.join(" | "),
            captioned.exchanges.first()
        );
    }
    sheet.save(out)?;
    Ok(())
}

/// As many pictures as there are places, the sources in turn.
fn by_source(world: &World) -> Vec<Captioned> {
    let sources: Vec<Source> = Source::of(world.realm())
        .iter()
        .copied()
        .filter(|source| source.has_images())
        .collect();
    let mut position = 0;
    (0..COLUMNS * ROWS)
        .map(|place| {
            loop {
                let captioned = world.captioned(position);
                position += 1;
                if captioned.source == sources[place % sources.len()] {
                    break captioned;
                }
            }
        })
        .collect()
}
