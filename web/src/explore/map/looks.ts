// How each point looks: its shade, and whether it is chosen or dim.

import { breathe } from "../pool/breathe";
import { CHOSEN } from "../pool/standing";
import type { Colouring } from "./palettes";

/** Points that are looked at before other messages get a turn: a choice is not to wait for the map of the one before. */
const PORTION = 100_000;

/** Bits of the second byte of a look. */
export const IS_CHOSEN = 1;
export const IS_DIM = 2;

/** Two bytes for each point, in the order of the points: a shade of the palette, and flags. */
export type Looks = Uint8Array<ArrayBuffer>;

/** What a map draws. */
export interface Painting {
  /** The row of each point. */
  rows: Uint32Array;
  colouring: Colouring;
  /** The source of each row; for that colouring alone, and once it is known. */
  sources: Uint16Array | undefined;
}

/** The shade of each row; `undefined` where it is how the row stands in a choice. */
export function shadesOf(
  { colouring, sources }: Painting,
  { byConfidence, cluster }: { byConfidence: Uint32Array; cluster: Uint32Array },
): Uint8Array | undefined {
  if (colouring === "chosen") {
    return undefined;
  }
  const rows = cluster.length;
  const shades = new Uint8Array(rows);
  if (colouring === "confidence") {
    // By rank: most confidences lie close together.
    for (let rank = 0; rank < rows; rank += 1) {
      shades[byConfidence[rank] as number] = Math.floor((rank * 256) / rows);
    }
    return shades;
  }
  const part = colouring === "cluster" ? cluster : sources;
  for (let row = 0; row < rows && part !== undefined; row += 1) {
    shades[row] = (part[row] as number) % 256;
  }
  return shades;
}

/** The looks of points. `rows` has the row of each point; `shades`, `standing` and `shown` are by row. */
export async function looksOf(
  rows: Uint32Array,
  shades: Uint8Array,
  standing: Uint8Array,
  shown: Uint8Array | undefined,
): Promise<Looks> {
  const looks = new Uint8Array(rows.length * 2);
  for (let at = 0; at < rows.length; at += 1) {
    if (at % PORTION === PORTION - 1) {
      await breathe();
    }
    const row = rows[at] as number;
    looks[2 * at] = shades[row] as number;
    looks[2 * at + 1] = (standing[row] === CHOSEN ? IS_CHOSEN : 0) | (shown !== undefined && shown[row] === 0 ? IS_DIM : 0);
  }
  return looks;
}
