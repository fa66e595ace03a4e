use crate::conversation::Exchange;
use crate::phrase::{capitalised, wrong_count, yes_or_no};
use crate::rng::Rng;
use crate::shapes::concept::Size;
use crate::shapes::object::Object;
use crate::shapes::scene::Scene;

/// How two objects or two groups compare.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    match &scene.objects[..] {
        [first, second] => objects(first, second, rng),
        _ => groups(scene, rng),
    }
}

fn rank(size: Size) -> i32 {
    match size {
        Size::Small => 0,
        Size::Medium => 1,
        Size::Large => 2,
    }
}

fn objects(first: &Object, second: &Object, rng: &mut Rng) -> Exchange {
    let (one, other) = if first.cell.row == second.cell.row {
        ("left", "right")
    } else {
        ("top", "bottom")
    };
    let difference = rank(first.size) - rank(second.size);
    let sides = if difference > 0 {
        (one, other)
    } else {
        (other, one)
    };
    match rng.weighted(&[4, 3, 3, 2, 2, 2]) {
        0 if difference != 0 => {
            let (word, (answer, wrong)) = if rng.coin() {
                ("larger", sides)
            } else {
                ("smaller", (sides.1, sides.0))
            };
            let question = format!("Which object is {word}, the {one} one or the {other} one?");
            Exchange::new(
                question,
                format!("The {answer} one"),
                format!("The {wrong} one"),
            )
        }
        1 => {
            let is_so = first.concept.colour == second.concept.colour;
            same_or_different("color", is_so, rng)
        }
        2 => {
            let is_so = first.concept.shape == second.concept.shape;
            same_or_different("shape", is_so, rng)
        }
        3 if difference != 0 && first.concept != second.concept => {
            let (larger, smaller) = if difference > 0 {
                (first, second)
            } else {
                (second, first)
            };
            let (name, second_name) = (first.concept.name(), second.concept.name());
            let question = format!("Which is larger, the {name} or the {second_name}?");
            Exchange::new(
                question,
                capitalised(&larger.concept.name()),
                capitalised(&smaller.concept.name()),
            )
        }
        4 if difference != 0 => {
            let question = format!("Is the {one} object larger than the {other} one?");
            judged(&question, difference > 0)
        }
        _ => same_or_different("size", difference == 0, rng),
    }
}

fn judged(question: &str, is_so: bool) -> Exchange {
    let (answer, wrong) = yes_or_no(is_so);
    Exchange::new(question, answer, wrong)
}

/// Asked either way, so that yes and no are equally frequent.
fn same_or_different(what: &str, is_same: bool, rng: &mut Rng) -> Exchange {
    if rng.coin() {
        let question = format!("Do the two objects have the same {what}?");
        judged(&question, is_same)
    } else {
        let question = format!("Are the two objects different in {what}?");
        judged(&question, !is_same)
    }
}

fn groups(scene: &Scene, rng: &mut Rng) -> Exchange {
    let mut kinds = scene.kinds();
    rng.shuffle(&mut kinds);
    let (first, second) = (kinds[0], kinds[1]);
    let (here, there) = (scene.count_of(first), scene.count_of(second));
    match rng.weighted(&[4, 3, 2, 1]) {
        1 if here != there => {
            let (more, fewer) = if here > there {
                (first, second)
            } else {
                (second, first)
            };
            let (name, second_name) = (first.name(), second.name());
            let question = format!("Which comes more often, the {name} or the {second_name}?");
            Exchange::new(
                question,
                capitalised(&more.name()),
                capitalised(&fewer.name()),
            )
        }
        0 if here != there => {
            let question = format!(
                "Are there more {} than {}?",
                first.plural(),
                second.plural()
            );
            judged(&question, here > there)
        }
        3 if here > there => {
            let question = format!(
                "How many more {} than {} are there?",
                first.plural(),
                second.plural()
            );
            let wrong = wrong_count(here - there, rng);
            Exchange::new(question, (here - there).to_string(), wrong.to_string())
        }
        _ => {
            let (first, second) = (first.plural(), second.plural());
            if rng.coin() {
                let question = format!("Are there as many {first} as {second}?");
                judged(&question, here == there)
            } else {
                let question = format!("Do the numbers of {first} and {second} differ?");
                judged(&question, here != there)
            }
        }
    }
}
