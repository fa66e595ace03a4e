// How each point looks: its shade, and whether it is chosen or dim.

import type { Sources } from "ofa";

import type { Pool } from "../pool/pool";
import { CHOSEN, type Standing } from "../pool/standing";
import type { Colouring } from "./palettes";
import { IS_CHOSEN, IS_DIM } from "./point_renderer";
import type { MapPoints } from "./points";

/** The shade of each row. That of `chosen` changes with every choice, the others never. */
export function shadesOf(colouring: Colouring, pool: Pool, standing: Standing, sources: Sources | undefined): Uint8Array {
  const { byConfidence, rows, scores } = pool;
  if (colouring === "chosen") {
    return standing.of;
  }
  const shades = new Uint8Array(rows);
  if (colouring === "confidence") {
    // By rank: most confidences lie close together.
    for (let rank = 0; rank < rows; rank += 1) {
      shades[byConfidence[rank] as number] = Math.floor((rank * 256) / rows);
    }
    return shades;
  }
  const part = colouring === "cluster" ? scores.cluster : sources?.of;
  for (let row = 0; row < rows && part !== undefined; row += 1) {
    shades[row] = (part[row] as number) % 256;
  }
  return shades;
}

/** Two bytes for each point, in the order of the points. */
export function looksOf(points: MapPoints, shades: Uint8Array, standing: Standing, shown: Uint8Array | undefined): Uint8Array {
  const { rows } = points;
  const looks = new Uint8Array(rows.length * 2);
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number;
    looks[2 * at] = shades[row] as number;
    looks[2 * at + 1] =
      (standing.of[row] === CHOSEN ? IS_CHOSEN : 0) | (shown !== undefined && shown[row] === 0 ? IS_DIM : 0);
  }
  return looks;
}
