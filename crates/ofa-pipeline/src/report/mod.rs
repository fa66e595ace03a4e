//! A page about a subset: one HTML file that needs nothing else, neither a network nor a script.
//!
//! It says what was chosen from what, how confidence, gate, clusters and source folders are spread
//! before and after, whether the selector knows such data, and shows the records at both ends.
//! Equal inputs give equal bytes: there is no time, no path and no chance in it.

mod charts;
mod domain;
mod examples;
mod figures;
mod page;
mod sources;
mod tables;
mod thumbnail;

use ofa_core::report::{DomainCheck, SelectionNumbers, chosen_rows};
use ofa_core::score::Scores;
use ofa_data::DatasetImages;

use crate::error::Result;
use crate::scores::ScoresOrigin;
use crate::sources::SourceFolders;
use crate::subset::SubsetManifest;
pub use domain::{domain_numbers, domain_verdict};
use examples::Examples;
pub(crate) use examples::shown;
pub(crate) use figures::{grouped, small};
use sources::Sources;

/// Records that are shown at each end.
const EXAMPLES: usize = 12;

/// What a page is made from.
pub struct ReportInputs<'a> {
    /// The records and their images.
    pub images: &'a DatasetImages,
    /// Their scores.
    pub scores: &'a Scores,
    /// Where the scores come from.
    pub origin: &'a ScoresOrigin,
    /// The account of the subset.
    pub manifest: &'a SubsetManifest,
    /// Positions of its records, ascending.
    pub positions: &'a [u64],
    /// Which folders the dataset's records come from.
    pub folders: &'a SourceFolders,
}

/// Makes the page.
///
/// Records that cannot be read and images that cannot be shown are said on the page.
///
/// # Errors
/// [`Error::Core`](crate::Error::Core) for scores that cannot be used, and where the dataset cannot
/// be read.
///
/// Cost: a pass over the scores; the images of some fifty records are decoded. Memory: 25 bytes a
/// scored record, and one image.
pub fn report_page(inputs: &ReportInputs<'_>) -> Result<String> {
    let ReportInputs {
        images,
        scores,
        origin,
        manifest,
        positions,
        folders,
    } = *inputs;
    let is_chosen = chosen_rows(scores, positions);
    let numbers = SelectionNumbers::new(scores, &is_chosen, EXAMPLES)?;
    let domain = origin
        .training_confidence
        .and_then(|trained| DomainCheck::new(trained, &scores.confidence));
    let sources = Sources::count(folders, positions);
    let examples = Examples::read(images, scores, &is_chosen, &numbers)?;
    let page = page::Page {
        dataset: images.dataset(),
        manifest,
        numbers: &numbers,
        domain: domain.as_ref(),
        sources: &sources,
        examples: &examples,
    };
    Ok(page.render())
}
