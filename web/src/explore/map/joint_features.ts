// Joint features of some records, read from the shards of a feature store.

interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

interface Shard {
  blob: Blob;
  rows: number;
  dim: number;
  /** Where the tensors begin in the file. */
  image: number;
  text: number;
}

/** Rows that are read at the same time. */
const AT_ONCE = 64;

/**
 * Joint features, image beside text and normalised, of rows of the scores, which are those of the store.
 *
 * @throws Error for files that are no feature store, or hold fewer rows.
 */
export async function jointRows(files: readonly { name: string; blob: Blob }[], rows: Uint32Array): Promise<number[][]> {
  const shards: Shard[] = [];
  for (const { name, blob } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.endsWith(".safetensors")) {
      shards.push(await shardOf(name, blob));
    }
  }
  const features: number[][] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    features.push(...(await Promise.all(Array.from(rows.subarray(from, from + AT_ONCE), (row) => jointRow(shards, row)))));
  }
  return features;
}

async function shardOf(name: string, blob: Blob): Promise<Shard> {
  const length = Number(new DataView(await blob.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
  const header = JSON.parse(await blob.slice(8, 8 + length).text()) as Record<string, Tensor | undefined>;
  const { image, text } = header;
  if (image?.dtype !== "F16" || text?.dtype !== "F16") {
    throw new Error(`${name} has no features of 16 bits`);
  }
  const [rows = 0, dim = 0] = image.shape;
  return { blob, rows, dim, image: 8 + length + image.data_offsets[0], text: 8 + length + text.data_offsets[0] };
}

async function jointRow(shards: readonly Shard[], row: number): Promise<number[]> {
  let local = row;
  for (const { blob, rows, dim, image, text } of shards) {
    if (local < rows) {
      const at = local * dim * 2;
      const [images, texts] = await Promise.all(
        [image, text].map(async (from) => new Uint16Array(await blob.slice(from + at, from + at + dim * 2).arrayBuffer())),
      );
      const joint = [...(images ?? []), ...(texts ?? [])].map(fromHalf);
      const norm = Math.hypot(...joint) || 1;
      return joint.map((value) => value / norm);
    }
    local -= rows;
  }
  throw new Error(`the feature store has no row ${row}`);
}

/** A float of 16 bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) {
    return sign * fraction * 2 ** -24;
  }
  return exponent === 31 ? (fraction === 0 ? sign * Infinity : NaN) : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
