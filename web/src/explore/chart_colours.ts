// The design's colours for what is drawn on a canvas, where CSS does not reach.

/** Colours and the face, as CSS has them now. */
export interface ChartColours {
  ground: string;
  text: string;
  quiet: string;
  line: string;
  chosen: string;
  leftOut: string;
  cut: string;
  face: string;
}

/** Colours as they are now, light or dark. */
export function chartColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const of = (token: string): string => style.getPropertyValue(token).trim();
  return {
    ground: of("--ground"),
    text: of("--text"),
    quiet: of("--quiet"),
    line: of("--line"),
    chosen: of("--chosen"),
    leftOut: of("--left-out"),
    cut: of("--warning-line"),
    face: of("--face"),
  };
}

/** A colour `#rrggbb` as bytes. */
export function bytesOf(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.replace("#", ""), 16);
  return [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}
