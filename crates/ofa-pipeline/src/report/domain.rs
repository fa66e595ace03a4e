//! Whether a pool is like what its selector was trained on, in words.

use ofa_core::report::DomainCheck;

use super::figures::{grouped, percent, small};

/// What a check of the domain found, in a sentence.
#[must_use]
pub fn domain_verdict(check: &DomainCheck) -> &'static str {
    match (check.is_out_of_domain(), check.median_is_outside()) {
        (false, _) => {
            "By its confidence, the pool looks like the data that the selector was trained on."
        }
        (true, true) => {
            "By its confidence, the pool does not look like the data that the selector was trained on: its median \
             confidence lies outside of what was usual there."
        }
        (true, false) => {
            "By its confidence, the pool does not look like the data that the selector was trained on: too much of it \
             lies beyond everything that was seen there."
        }
    }
}

/// What was measured, and by which rule that is judged.
#[must_use]
pub fn domain_numbers(check: &DomainCheck) -> String {
    let DomainCheck {
        trained,
        pool,
        rows,
        below,
        above,
    } = check;
    format!(
        "The median confidence of the {} scored records is {}. In training, on the validation core, \
         it was {}, and between {} and {} for eight records of ten. Of the pool, {} ({}) are less \
         confident than all of the validation core (below {}), {} ({}) more confident (above {}). \
         The rule: the median should be between those two, and at most {:.0}% of the pool beyond \
         the whole of the validation core.",
        grouped(*rows),
        small(pool.median),
        small(trained.median),
        small(trained.p10),
        small(trained.p90),
        grouped(*below),
        percent(*below, *rows),
        small(trained.min),
        grouped(*above),
        percent(*above, *rows),
        small(trained.max),
        100.0 * DomainCheck::MOST_BEYOND,
    )
}
