//! The shapes that batches of texts have on a device.

/// Up to this many tokens a length is a multiple of [`STEP`]; above it lengths double.
const FINE: usize = 64;

const STEP: usize = 16;

/// Tokens of a batch, padding included.
const TOKENS: usize = 1024;

/// Products of a single row are not to be trusted on GPUs.
const FEWEST_ROWS: usize = 2;

/// How many texts a batch on a device has, and of how many tokens, padding included.
///
/// A device chooses, tunes and compiles programs by the shapes that it meets, and sets buffers aside for them. Texts
/// have nearly as many lengths as a model has positions; padded to a few lengths, and in batches of one number of rows
/// for each of these, they are few shapes: five for the usual context of 77 tokens.
///
/// # Example
/// ```
/// use ofa_clip::TextShape;
/// assert_eq!(TextShape::of(17, 77), TextShape { rows: 32, length: 32 });
/// assert_eq!(TextShape::of(70, 77), TextShape { rows: 13, length: 77 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextShape {
    /// Texts of a batch. A batch of fewer is filled up.
    pub rows: usize,
    /// Tokens of each text. A shorter text is filled up.
    pub length: usize,
}

impl TextShape {
    /// The shape for texts of which the longest has `longest` tokens, for a model that takes `context`.
    ///
    /// `longest` counts as 1 where it is 0, and as `context` where it is above.
    ///
    /// # Panics
    /// When `context` is 0.
    pub fn of(longest: usize, context: usize) -> Self {
        let longest = longest.clamp(1, context);
        let length = if longest <= FINE {
            longest.next_multiple_of(STEP)
        } else {
            longest.next_power_of_two()
        };
        let length = length.min(context);
        Self {
            rows: (TOKENS / length).max(FEWEST_ROWS),
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shapes of texts of every length.
    fn shapes(context: usize) -> Vec<TextShape> {
        let mut shapes: Vec<_> = (1..=context)
            .map(|longest| TextShape::of(longest, context))
            .collect();
        shapes.dedup();
        shapes
    }

    #[test]
    fn texts_of_all_lengths_have_five_shapes() {
        let shape = |rows, length| TextShape { rows, length };
        assert_eq!(
            shapes(77),
            [
                shape(64, 16),
                shape(32, 32),
                shape(21, 48),
                shape(16, 64),
                shape(13, 77)
            ]
        );
    }

    #[test]
    fn a_longer_context_has_few_shapes_more_and_a_shorter_one_fewer() {
        let lengths =
            |context| -> Vec<usize> { shapes(context).iter().map(|shape| shape.length).collect() };
        assert_eq!(lengths(248), [16, 32, 48, 64, 128, 248]);
        assert_eq!(lengths(64), [16, 32, 48, 64]);
        assert_eq!(lengths(20), [16, 20]);
        assert_eq!(lengths(2), [2]);
    }

    #[test]
    fn every_text_finds_room_and_no_batch_is_a_single_row() {
        for context in [2, 20, 64, 77, 248, 4096] {
            for longest in 1..=context {
                let TextShape { rows, length } = TextShape::of(longest, context);
                assert!((longest..=context).contains(&length), "{longest}");
                assert!(rows >= 2, "{longest}");
                assert!(rows == 2 || rows * length <= TOKENS, "{longest}");
            }
            assert_eq!(TextShape::of(0, context), TextShape::of(1, context));
            assert_eq!(
                TextShape::of(context + 1, context),
                TextShape::of(context, context)
            );
        }
    }
}
