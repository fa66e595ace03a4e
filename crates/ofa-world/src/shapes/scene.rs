//! The scene graph: what is in a picture, before a pixel is drawn.

use super::background::Background;
use super::chart::BarChart;
use super::concept::{Colour, Concept, Shape};
use super::object::Object;
use super::sign::Sign;
use super::{captions, placement, questions};
use crate::conversation::Exchange;
use crate::drawing::{Canvas, Extent, Motion};
use crate::rng::Rng;
use crate::scene;
use crate::source::Source;

/// Everything in one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scene {
    pub(crate) extent: Extent,
    pub(crate) background: Background,
    pub(crate) objects: Vec<Object>,
    pub(crate) sign: Option<Sign>,
    pub(crate) chart: Option<BarChart>,
}

impl Scene {
    pub(crate) fn sample(source: Source, rng: &mut Rng) -> Self {
        let extent = Extent::sample(rng);
        let background = Background::sample(rng);
        let mut scene = Self {
            extent,
            background,
            objects: Vec::new(),
            sign: None,
            chart: None,
        };
        match source {
            Source::Recognition => scene.objects = vec![placement::single(rng, extent)],
            Source::Comparison => scene.objects = placement::compared(rng, extent),
            Source::Reading => {
                let sign = Sign::sample(rng, extent);
                scene.objects = placement::beside_sign(rng, extent, sign.free_row());
                scene.sign = Some(sign);
            }
            Source::Chart => scene.chart = Some(BarChart::sample(rng, extent)),
            source => scene.objects = placement::in_cells(rng, extent, source),
        }
        scene
    }

    pub(crate) fn count(&self, matches: impl Fn(&Object) -> bool) -> usize {
        self.objects.iter().filter(|object| matches(object)).count()
    }

    pub(crate) fn count_of(&self, concept: Concept) -> usize {
        self.count(|object| object.concept == concept)
    }

    pub(crate) fn has(&self, concept: Concept) -> bool {
        self.count_of(concept) > 0
    }

    /// The objects whose concept is there once, so that it names them.
    pub(crate) fn unique(&self) -> Vec<&Object> {
        self.objects
            .iter()
            .filter(|object| self.count_of(object.concept) == 1)
            .collect()
    }

    /// The distinct concepts, in the order of the objects.
    pub(crate) fn kinds(&self) -> Vec<Concept> {
        let mut seen = Vec::new();
        for object in &self.objects {
            if !seen.contains(&object.concept) {
                seen.push(object.concept);
            }
        }
        seen
    }

    /// A concept that is not in the scene, near to one that is: the same shape or the same colour.
    pub(crate) fn absent_concept(&self, rng: &mut Rng) -> Concept {
        let near = rng.pick(&self.objects).concept;
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
            if !self.has(candidate) {
                return candidate;
            }
        }
    }
}

impl scene::Scene for Scene {
    fn concepts(&self) -> Vec<String> {
        let mut concepts = Vec::new();
        if self.sign.is_some() {
            concepts.push("text".to_owned());
        }
        if let Some(chart) = &self.chart {
            concepts.push("bar chart".to_owned());
            let colours = chart.bars.iter().map(|bar| bar.colour.word());
            concepts.extend(colours.map(|colour| format!("{colour} bar")));
        }
        concepts.extend(self.kinds().into_iter().map(Concept::name));
        concepts
    }

    fn contents(&self) -> Vec<String> {
        let mut contents: Vec<String> = self.kinds().into_iter().map(Concept::name).collect();
        if let Some(sign) = &self.sign {
            contents.push(sign.lettering.text.clone());
        }
        if let Some(chart) = &self.chart {
            contents.push(format!("{} highest", chart.highest().colour.word()));
            contents.push(format!("{} lowest", chart.lowest().colour.word()));
        }
        contents
    }

    fn object_count(&self) -> u32 {
        self.objects.len() as u32
    }

    fn shift(&mut self, motion: Motion) {
        for object in &mut self.objects {
            object.shift(motion);
        }
        if let Some(sign) = &mut self.sign {
            sign.lettering.centre.0 += motion.shift.0;
            sign.lettering.centre.1 += motion.shift.1;
        }
        if let Some(chart) = &mut self.chart {
            chart.corner.0 += motion.shift.0;
            chart.corner.1 += motion.shift.1;
        }
    }

    fn paint(&self) -> Canvas {
        let (background, height) = (self.background, self.extent.height);
        let mut canvas = Canvas::filled(self.extent, |x, y| background.rgb_at(x, y, height));
        for object in &self.objects {
            object.paint(&mut canvas);
        }
        if let Some(sign) = &self.sign {
            sign.lettering.paint(&mut canvas);
        }
        if let Some(chart) = &self.chart {
            chart.paint(&mut canvas);
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
