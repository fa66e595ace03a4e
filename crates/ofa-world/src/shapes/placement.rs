//! Which objects a source's scenes have, and where they stand.

use super::concept::{Concept, Shape, Size};
use super::object::Object;
use super::texture::Texture;
use crate::drawing::{Cell, Extent};
use crate::rng::Rng;
use crate::source::Source;

/// One object that fills most of the picture.
pub(crate) fn single(rng: &mut Rng, extent: Extent) -> Object {
    let concept = Concept::sample(rng);
    let size = sample_size(rng);
    let side = extent.share(1000);
    let radius = side * percent_of_cell(size) / 100;
    let slack = side / 2 - radius;
    place(rng, extent, concept, size, Cell::CENTRE, radius, slack / 2)
}

/// Several objects, each in a cell of its own.
pub(crate) fn in_cells(rng: &mut Rng, extent: Extent, source: Source) -> Vec<Object> {
    let concepts = sample_concepts(rng, source);
    let cells = Cell::shuffled(rng);
    concepts
        .into_iter()
        .zip(cells)
        .map(|(concept, cell)| {
            let size = sample_size(rng);
            place_in_cell(rng, extent, concept, size, cell)
        })
        .collect()
}

/// Up to three objects in the row that a sign leaves free.
pub(crate) fn beside_sign(rng: &mut Rng, extent: Extent, row: i32) -> Vec<Object> {
    let mut columns = [0, 1, 2];
    rng.shuffle(&mut columns);
    let count = rng.weighted(&[1, 3, 3, 2]);
    columns[..count]
        .iter()
        .map(|&column| {
            let concept = Concept::sample(rng);
            let size = if rng.coin() {
                Size::Medium
            } else {
                Size::Large
            };
            place_in_cell(rng, extent, concept, size, Cell { column, row })
        })
        .collect()
}

/// Two objects on either side, or two groups.
pub(crate) fn compared(rng: &mut Rng, extent: Extent) -> Vec<Object> {
    let first = Concept::sample(rng);
    let mut second = Concept::sample(rng);
    if rng.coin() {
        // By chance alone two objects would seldom have anything in common.
        match rng.below(5) {
            0..2 => second.colour = first.colour,
            2..4 => second.shape = first.shape,
            _ => second = first,
        }
    }
    if rng.coin() {
        let cells = if rng.one_in(3) {
            [Cell { column: 1, row: 0 }, Cell { column: 1, row: 2 }]
        } else {
            [Cell { column: 0, row: 1 }, Cell { column: 2, row: 1 }]
        };
        let size = sample_size(rng);
        let other_size = if rng.one_in(4) { size } else { size.other(rng) };
        return vec![
            place_in_cell(rng, extent, first, size, cells[0]),
            place_in_cell(rng, extent, second, other_size, cells[1]),
        ];
    }
    while second == first {
        second = Concept::sample(rng);
    }
    let more = 2 + rng.below(4) as usize;
    let fewer = if rng.one_in(5) {
        more.min(4)
    } else {
        1 + rng.below(more as u32 - 1) as usize
    };
    let mut concepts = vec![first; more];
    concepts.extend(vec![second; fewer]);
    let cells = Cell::shuffled(rng);
    concepts
        .into_iter()
        .zip(cells)
        .map(|(concept, cell)| place_in_cell(rng, extent, concept, Size::Medium, cell))
        .collect()
}

/// The kinds of the objects, as the questions of the source need them.
fn sample_concepts(rng: &mut Rng, source: Source) -> Vec<Concept> {
    match source {
        Source::Counting => {
            let mut kinds = vec![Concept::sample(rng)];
            if rng.coin() {
                kinds.push(Concept::sample(rng));
            }
            // Few is common and many is rare, as in real pictures.
            let count = 1 + rng.zipf(9);
            (0..count).map(|_| *rng.pick(&kinds)).collect()
        }
        // Questions name an object by its shape alone, so no shape comes twice.
        Source::Spatial | Source::Attribute => {
            let count = 2 + rng.below(3) as usize;
            distinct_shapes(rng, count)
        }
        Source::YesNo => {
            let count = 1 + rng.below(4);
            (0..count).map(|_| Concept::sample(rng)).collect()
        }
        _ => {
            let count = 2 + rng.zipf(6);
            (0..count).map(|_| Concept::sample(rng)).collect()
        }
    }
}

fn distinct_shapes(rng: &mut Rng, count: usize) -> Vec<Concept> {
    let mut concepts: Vec<Concept> = Vec::with_capacity(count);
    while concepts.len() < count {
        let candidate = Concept::sample(rng);
        if concepts
            .iter()
            .all(|concept| concept.shape != candidate.shape)
        {
            concepts.push(candidate);
        }
    }
    concepts
}

fn sample_size(rng: &mut Rng) -> Size {
    Size::ALL[rng.weighted(&[4, 3, 2])]
}

/// The radius as a share of the cell.
fn percent_of_cell(size: Size) -> i32 {
    match size {
        Size::Small => 22,
        Size::Medium => 33,
        Size::Large => 46,
    }
}

fn place_in_cell(
    rng: &mut Rng,
    extent: Extent,
    concept: Concept,
    size: Size,
    cell: Cell,
) -> Object {
    let step = extent.share(1000) / 3;
    let radius = step * percent_of_cell(size) / 100;
    let slack = (step / 2 - radius).max(0);
    place(rng, extent, concept, size, cell, radius, slack)
}

fn place(
    rng: &mut Rng,
    extent: Extent,
    concept: Concept,
    size: Size,
    cell: Cell,
    radius: i32,
    slack: i32,
) -> Object {
    let (x, y) = extent.middle_of(cell);
    let centre = (
        x + rng.between(-slack, slack),
        y + rng.between(-slack, slack),
    );
    // Shapes that turn into another one when turned far (a square is no diamond) turn only a little.
    let turn = match concept.shape {
        Shape::Arrow => 16 * rng.below(4) as i32,
        _ => rng.between(-3, 3),
    };
    // A texture in a small shape is nothing but noise once the picture is scaled down.
    let texture = match Texture::sample(rng, concept.shape) {
        _ if size == Size::Small => Texture::Plain,
        texture => texture,
    };
    Object {
        concept,
        texture,
        size,
        cell,
        centre,
        radius,
        turn,
    }
}
