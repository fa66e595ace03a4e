// The design's colours for what is drawn on a canvas, where CSS does not reach.

import { theme } from "../design/theme";

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

/** What was found last, for light or for dark: a histogram asks at every drawing. */
let found: { theme: "light" | "dark"; colours: ChartColours } | undefined;

/** Colours as they are now, light or dark. */
export function chartColours(): ChartColours {
  const now = theme();
  if (found?.theme !== now) {
    found = { theme: now, colours: coloursNow() };
  }
  return found.colours;
}

function coloursNow(): ChartColours {
  // A token stands for a pair of colours; which one it is shows where it is used.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const of = (token: string): string => {
    probe.style.color = `var(${token})`;
    return style.color;
  };
  const colours = {
    ground: of("--ground"),
    text: of("--text"),
    quiet: of("--quiet"),
    line: of("--line"),
    chosen: of("--chosen"),
    leftOut: of("--left-out"),
    cut: of("--warning-line"),
    face: style.getPropertyValue("--face").trim(),
  };
  probe.remove();
  return colours;
}

/** A colour `rgb(red, green, blue)`, as browsers say what they computed, as bytes. */
export function bytesOf(colour: string): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/gu) ?? []).map(Number);
  return [red, green, blue];
}
