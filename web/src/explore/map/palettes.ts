// The colours of the map's points.

import { bytesOf, chartColours } from "../chart_colours";

/** What the colour of a point says. */
export const COLOURINGS = ["chosen", "cluster", "source", "confidence"] as const;

/** What the colour of a point says. */
export type Colouring = (typeof COLOURINGS)[number];

const SHADES = 256;

/** Hues that follow each other at this angle stay apart however many there are. */
const GOLDEN_ANGLE = 137.508;

/** 256 shades of four bytes. */
export function paletteOf(colouring: Colouring): Uint8Array {
  const { chosen, leftOut, text } = chartColours();
  const isDark = isDarkColour(chartColours().ground);
  switch (colouring) {
    case "chosen":
      // Left out, near, chosen: the shade is the standing.
      return painted((shade) => (shade === 2 ? chosen : shade === 1 ? `color-mix(in oklab, ${leftOut} 60%, ${text})` : leftOut));
    case "cluster":
    case "source":
      return painted((shade) => {
        const lightness = (isDark ? 0.68 : 0.52) + 0.09 * ((shade % 3) - 1);
        return `oklch(${lightness} 0.14 ${(shade * GOLDEN_ANGLE) % 360})`;
      });
    case "confidence":
      // The least confident stand out, on light ground as on dark.
      return painted((shade) => {
        const part = shade / (SHADES - 1);
        const lightness = isDark ? 0.86 - 0.46 * part : 0.36 + 0.46 * part;
        return `oklch(${lightness} ${0.16 - 0.06 * part} ${300 - 200 * part})`;
      });
  }
}

/** The colour behind the points. */
export function groundBytes(): [number, number, number] {
  return bytesOf(chartColours().ground);
}

/** A few colours of a palette for its legend, as CSS has them. */
export function swatch(palette: Uint8Array, shade: number): string {
  const [red, green, blue] = palette.subarray(shade * 4, shade * 4 + 3);
  return `rgb(${red} ${green} ${blue})`;
}

/** The browser knows how to make bytes of any CSS colour: it paints them. */
function painted(colour: (shade: number) => string): Uint8Array {
  const canvas = new OffscreenCanvas(SHADES, 1);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) {
    throw new Error("this browser draws no canvas");
  }
  for (let shade = 0; shade < SHADES; shade += 1) {
    context.fillStyle = colour(shade);
    context.fillRect(shade, 0, 1, 1);
  }
  return new Uint8Array(context.getImageData(0, 0, SHADES, 1).data);
}

function isDarkColour(colour: string): boolean {
  const [red, green, blue] = bytesOf(colour);
  return red + green + blue < 384;
}
