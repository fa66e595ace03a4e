//! The scene graph: what is in a picture, before a pixel is drawn.

use super::arrangement::{Arrangement, PLANK};
use super::backdrop::Backdrop;
use super::graph::{Curve, Graph, ranked};
use super::item::Item;
use super::names::{Kind, Shade, Size, Thing};
use super::sign::Sign;
use super::{captions, questions};
use crate::conversation::Exchange;
use crate::drawing::{Canvas, Extent, Motion, Region, Rgb};
use crate::rng::Rng;
use crate::scene;
use crate::source::Source;

/// Everything in one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scene {
    pub(crate) extent: Extent,
    pub(crate) backdrop: Backdrop,
    pub(crate) arrangement: Arrangement,
    pub(crate) items: Vec<Item>,
    pub(crate) sign: Option<Sign>,
    pub(crate) graph: Option<Graph>,
    /// The plank that a row of items stands on.
    plank: Option<Region>,
    /// Which item is unlike the others, and in what.
    pub(crate) odd: Option<(usize, Difference)>,
}

/// In what the odd one out differs from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    Kind,
    Color,
    Size,
}

impl Difference {
    pub(crate) const ALL: [Self; 3] = [Self::Kind, Self::Color, Self::Size];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Color => "color",
            Self::Size => "size",
        }
    }
}

const SHELF: Rgb = [92, 60, 34];

impl Scene {
    pub(crate) fn sample(source: Source, rng: &mut Rng) -> Self {
        let extent = Extent::sample(rng);
        let backdrop = Backdrop::sample(rng);
        let mut scene = Self {
            extent,
            backdrop,
            arrangement: Arrangement::Alone,
            items: Vec::new(),
            sign: None,
            graph: None,
            plank: None,
            odd: None,
        };
        match source {
            Source::GraphReading => scene.graph = Some(Graph::sample(rng, extent)),
            Source::SignReading => {
                scene.sign = Some(Sign::sample(rng, extent));
                scene.put_beside_sign(rng);
            }
            Source::OddOneOut => scene.put_with_odd_one(rng),
            source => {
                let things = sample_things(rng, source, backdrop);
                scene.put(rng, &things);
            }
        }
        scene
    }

    fn put(&mut self, rng: &mut Rng, things: &[(Kind, Size)]) {
        self.arrangement = Arrangement::sample(rng, things.len());
        self.items = self.arrangement.place(rng, self.extent, things);
        if self.arrangement == Arrangement::Shelf {
            let (left, top) = self.extent.point(-1000, PLANK);
            let (right, bottom) = self.extent.point(2000, PLANK + 50);
            self.plank = Some(Region {
                left,
                top,
                right,
                bottom,
            });
        }
    }

    /// Up to two things on either side of the post.
    fn put_beside_sign(&mut self, rng: &mut Rng) {
        self.arrangement = Arrangement::Scattered;
        let sides = match rng.below(4) {
            0 => &[][..],
            1 => &[200],
            2 => &[800],
            _ => &[200, 800],
        };
        for &x in sides {
            let kind = Kind::sample(rng, &self.backdrop.colours());
            self.items.push(Item {
                kind,
                size: Size::Normal,
                centre: self.extent.point(x, 800),
                radius: self.extent.share(165),
                is_mirrored: rng.coin(),
            });
        }
    }

    fn put_with_odd_one(&mut self, rng: &mut Rng) {
        let behind = self.backdrop.colours();
        let common = Kind::sample(rng, &behind);
        let difference = *rng.pick(&Difference::ALL);
        let (mut odd, mut sizes) = (common, (Size::Normal, Size::Normal));
        match difference {
            Difference::Kind => odd.thing = common.thing.other(rng),
            Difference::Color => {
                while odd.shade == common.shade {
                    odd.shade = Shade::sample(rng, &behind);
                }
            }
            Difference::Size if rng.coin() => sizes = (Size::Tiny, Size::Huge),
            Difference::Size => sizes = (Size::Huge, Size::Tiny),
        }
        let count = 4 + rng.below(3) as usize;
        let place = rng.below(count as u32) as usize;
        let things: Vec<(Kind, Size)> = (0..count)
            .map(|index| {
                if index == place {
                    (odd, sizes.1)
                } else {
                    (common, sizes.0)
                }
            })
            .collect();
        self.put(rng, &things);
        self.odd = Some((place, difference));
    }

    pub(crate) fn count(&self, matches: impl Fn(&Item) -> bool) -> usize {
        self.items.iter().filter(|item| matches(item)).count()
    }

    pub(crate) fn count_of(&self, kind: Kind) -> usize {
        self.count(|item| item.kind == kind)
    }

    /// The items whose kind is there once, so that it names them.
    pub(crate) fn unique(&self) -> Vec<&Item> {
        self.items
            .iter()
            .filter(|item| self.count_of(item.kind) == 1)
            .collect()
    }

    /// The distinct kinds, in the order of the items.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut seen = Vec::new();
        for item in &self.items {
            if !seen.contains(&item.kind) {
                seen.push(item.kind);
            }
        }
        seen
    }

    /// A kind that is not in the scene: half of the time the same thing in another shade.
    pub(crate) fn absent_kind(&self, rng: &mut Rng) -> Kind {
        loop {
            let mut candidate = Kind {
                thing: *rng.pick(Thing::ALL),
                shade: *rng.pick(Shade::ALL),
            };
            if rng.coin() && !self.items.is_empty() {
                candidate.thing = rng.pick(&self.items).kind.thing;
            }
            if self.count_of(candidate) == 0 {
                return candidate;
            }
        }
    }
}

/// The things that the questions of the source need.
fn sample_things(rng: &mut Rng, source: Source, backdrop: Backdrop) -> Vec<(Kind, Size)> {
    let behind = backdrop.colours();
    match source {
        Source::Identify => vec![(Kind::sample(rng, &behind), sample_size(rng))],
        Source::Quantity => {
            let kinds = [Kind::sample(rng, &behind), Kind::sample(rng, &behind)];
            let kinds = &kinds[..1 + rng.below(2) as usize];
            let count = 1 + rng.zipf(7);
            (0..count)
                .map(|_| (*rng.pick(kinds), Size::Normal))
                .collect()
        }
        // Questions name a thing by its word alone, so none comes twice.
        Source::MultipleChoice | Source::ColorNaming => {
            let count = 1 + rng.below(3) as usize;
            distinct_things(rng, count, &behind)
        }
        Source::Position => {
            let count = 3 + rng.below(3) as usize;
            distinct_things(rng, count, &behind)
        }
        _ => {
            let count = 1 + rng.zipf(5);
            (0..count)
                .map(|_| (Kind::sample(rng, &behind), sample_size(rng)))
                .collect()
        }
    }
}

fn distinct_things(rng: &mut Rng, count: usize, behind: &[Rgb]) -> Vec<(Kind, Size)> {
    let mut things: Vec<(Kind, Size)> = Vec::with_capacity(count);
    while things.len() < count {
        let kind = Kind::sample(rng, behind);
        if things.iter().all(|(other, _)| other.thing != kind.thing) {
            things.push((kind, sample_size(rng)));
        }
    }
    things
}

fn sample_size(rng: &mut Rng) -> Size {
    Size::ALL[rng.weighted(&[4, 3, 2])]
}

impl scene::Scene for Scene {
    fn concepts(&self) -> Vec<String> {
        let mut concepts = Vec::new();
        if self.sign.is_some() {
            concepts.push("text".to_owned());
        }
        if let Some(graph) = &self.graph {
            concepts.push(graph.name().to_owned());
            match &graph.curve {
                Curve::Line(_, shade, _) => concepts.push(format!("{} line", shade.word())),
                Curve::Pie(slices) => concepts.extend(
                    slices
                        .iter()
                        .map(|slice| format!("{} slice", slice.shade.word())),
                ),
            }
        }
        concepts.extend(self.kinds().into_iter().map(Kind::name));
        concepts
    }

    fn contents(&self) -> Vec<String> {
        let mut contents: Vec<String> = self.kinds().into_iter().map(Kind::name).collect();
        if let Some(sign) = &self.sign {
            contents.push(sign.word().to_owned());
        }
        match self.graph.as_ref().map(|graph| &graph.curve) {
            Some(Curve::Line(trend, shade, _)) => {
                contents.push(trend.word().to_owned());
                contents.push(format!("{} line", shade.word()));
            }
            Some(Curve::Pie(slices)) => {
                let ranked = ranked(slices);
                let (largest, smallest) = (ranked[0], ranked[ranked.len() - 1]);
                contents.push(format!("{} largest", largest.shade.word()));
                contents.push(format!("{} smallest", smallest.shade.word()));
            }
            None => {}
        }
        contents
    }

    fn object_count(&self) -> u32 {
        self.items.len() as u32
    }

    fn shift(&mut self, motion: Motion) {
        for item in &mut self.items {
            item.shift(motion);
        }
        if let Some(plank) = &mut self.plank {
            plank.top += motion.shift.1;
            plank.bottom += motion.shift.1;
        }
        if let Some(sign) = &mut self.sign {
            sign.lettering.centre.0 += motion.shift.0;
            sign.lettering.centre.1 += motion.shift.1;
        }
        if let Some(graph) = &mut self.graph {
            graph.corner.0 += motion.shift.0;
            graph.corner.1 += motion.shift.1;
        }
    }

    fn paint(&self) -> Canvas {
        let mut canvas =
            Canvas::filled(self.extent, |x, y| self.backdrop.rgb_at(x, y, self.extent));
        if let Some(plank) = self.plank {
            canvas.paint(plank, |x, y| plank.contains(x, y).then_some(SHELF));
        }
        if let Some(sign) = &self.sign {
            sign.paint(&mut canvas);
        }
        for item in &self.items {
            item.paint(&mut canvas);
        }
        if let Some(graph) = &self.graph {
            graph.paint(&mut canvas);
        }
        canvas
    }

    fn exchange(&self, source: Source, turn: usize, rng: &mut Rng) -> Exchange {
        questions::exchange(source, self, turn, rng)
    }

    fn captions(&self, rng: &mut Rng) -> Vec<String> {
        captions::captions(self, rng)
    }
}
