// Whole numbers as people write them.

/** Digits alone, or in groups of three with one and the same sign between them: a comma, a point, an apostrophe or a space. */
const WHOLE = /^(?:\d+|[1-9]\d{0,2}(?:([,.'\u2019 \u00a0\u2009\u202f])\d{3})(?:\1\d{3})*)$/u;

/** The whole number that a text is; `undefined` where it is none, such as `1,5`. */
export function wholeNumberIn(text: string): number | undefined {
  const trimmed = text.trim();
  return WHOLE.test(trimmed) ? Number(trimmed.replaceAll(/\D/gu, "")) : undefined;
}
