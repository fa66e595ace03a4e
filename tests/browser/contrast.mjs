// The contrast of drawings, which axe-core does not measure.

/** The least contrast of small texts, and of parts of a drawing that must be told apart (WCAG 1.4.3, 1.4.11). */
const TEXT = 4.5;
const PART = 3;

/** The relative luminance of a colour as browsers give it: `rgb(1, 2, 3)`. */
function luminance(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, from 1 to 21. */
export function contrast(one, other) {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** Texts of drawings differ enough from the page's ground, the series of a chart also from each other. */
export async function drawingProblems(page) {
  const { ground, texts, series } = await page.evaluate(() => {
    const fills = (selector) => [
      ...new Set([...document.querySelectorAll(selector)].map((shape) => getComputedStyle(shape).fill)),
    ];
    return {
      ground: getComputedStyle(document.body).backgroundColor,
      texts: fills("svg text"),
      series: fills("svg [data-series]"),
    };
  });
  const pairs = [
    ...texts.map((text) => ["a text", text, "the ground", ground, TEXT]),
    ...series.map((part) => ["a series", part, "the ground", ground, PART]),
    ...series.slice(1).map((part, nth) => ["a series", part, "another", series[nth], PART]),
  ];
  return pairs.flatMap(([what, one, than, other, least]) => {
    const found = contrast(one, other);
    return found >= least
      ? []
      : [`${what} (${one}) has a contrast of ${found.toFixed(2)} to ${than} (${other}), not ${least}`];
  });
}
