//! The answers that a small model learns to choose from.

use std::collections::HashSet;

use ofa_world::Realm;

use crate::{annotated, turns};

#[test]
fn short_answers_are_from_a_closed_vocabulary_and_a_fifth_is_long() {
    for realm in Realm::ALL {
        let mut short = HashSet::new();
        let (mut long, mut all) = (0, 0);
        for record in annotated(realm, 20_000) {
            for answer in turns(&record).into_iter().skip(1).step_by(2) {
                all += 1;
                if answer.split_whitespace().count() <= 3 {
                    short.insert(answer);
                } else {
                    long += 1;
                }
            }
        }
        assert!(short.len() <= 400, "{realm:?}: {} kinds", short.len());
        let percent = long * 100 / all;
        assert!((15..=24).contains(&percent), "{realm:?}: {percent} in 100");
    }
}
