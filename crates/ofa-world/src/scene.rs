//! The scene graph: what is in a picture, before a pixel is drawn.

use crate::background::Background;
use crate::concept::{Colour, Concept, Shape, Size};
use crate::layout::{Cell, Extent, PIXEL};
use crate::rng::{Rng, Subject};
use crate::scene_id::SceneId;
use crate::source::Source;

/// One thing in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) concept: Concept,
    pub(crate) size: Size,
    pub(crate) cell: Cell,
    /// The middle, in sixteenths of a pixel.
    pub(crate) centre: (i32, i32),
    /// The radius, in sixteenths of a pixel.
    pub(crate) radius: i32,
    /// How far it is turned clockwise, in 64ths of a full turn.
    pub(crate) turn: i32,
}

/// Everything in one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scene {
    pub(crate) extent: Extent,
    pub(crate) background: Background,
    pub(crate) objects: Vec<Object>,
}

impl Scene {
    /// The scene of this name, the same every time.
    pub(crate) fn new(seed: u64, id: SceneId) -> Self {
        let mut rng = Rng::new(seed, Subject::Scene, id.stream());
        let extent = Extent::sample(&mut rng);
        let background = Background::sample(&mut rng);
        let objects = match id.source {
            Source::Recognition => vec![single_object(&mut rng, extent)],
            source => objects_in_cells(&mut rng, extent, source),
        };
        Self {
            extent,
            background,
            objects,
        }
    }

    pub(crate) fn count(&self, matches: impl Fn(&Object) -> bool) -> usize {
        self.objects.iter().filter(|object| matches(object)).count()
    }

    pub(crate) fn has(&self, concept: Concept) -> bool {
        self.objects.iter().any(|object| object.concept == concept)
    }

    /// The distinct concepts, in the order of the objects.
    pub(crate) fn concepts(&self) -> Vec<Concept> {
        let mut seen = Vec::new();
        for object in &self.objects {
            if !seen.contains(&object.concept) {
                seen.push(object.concept);
            }
        }
        seen
    }
}

/// One object that fills most of the picture.
fn single_object(rng: &mut Rng, extent: Extent) -> Object {
    let concept = Concept::sample(rng);
    let size = sample_size(rng);
    let side = extent.side() * PIXEL;
    let radius = side * percent_of_cell(size) / 100;
    let slack = side / 2 - radius;
    place(rng, extent, concept, size, Cell::CENTRE, radius, slack / 2)
}

/// Several objects, each in a cell of its own.
fn objects_in_cells(rng: &mut Rng, extent: Extent, source: Source) -> Vec<Object> {
    let concepts = sample_concepts(rng, source);
    let cells = Cell::shuffled(rng);
    let step = extent.side() * PIXEL / 3;
    concepts
        .into_iter()
        .zip(cells)
        .map(|(concept, cell)| {
            let size = sample_size(rng);
            let radius = step * percent_of_cell(size) / 100;
            place(
                rng,
                extent,
                concept,
                size,
                cell,
                radius,
                (step / 2 - radius).max(0),
            )
        })
        .collect()
}

/// The kinds of the objects, as the questions of the source need them.
fn sample_concepts(rng: &mut Rng, source: Source) -> Vec<Concept> {
    match source {
        Source::Counting => {
            let mut kinds = vec![Concept::sample(rng)];
            if rng.one_in(2) {
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
        Source::Recognition | Source::Description | Source::TextOnly => {
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
        Size::Large => 45,
    }
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
    Object {
        concept,
        size,
        cell,
        centre,
        radius,
        turn,
    }
}

/// A concept that is not in the scene, near to one that is: the same shape or the same colour.
pub(crate) fn absent_concept(scene: &Scene, rng: &mut Rng) -> Concept {
    let near = rng.pick(&scene.objects).concept;
    loop {
        let candidate = match rng.below(3) {
            0 => Concept {
                shape: near.shape.other(rng),
                ..near
            },
            1 => Concept {
                colour: near.colour.other(rng),
                ..near
            },
            _ => Concept {
                shape: *rng.pick(Shape::ALL),
                colour: *rng.pick(Colour::ALL),
            },
        };
        if !scene.has(candidate) {
            return candidate;
        }
    }
}
