// What small parts of files say of the whole, where the name alone does not.

/** How much of a text is read to see what it is. */
const START_BYTES = 64 * 1024;

/** The largest JSON that is read whole to see whether it is one of this program's manifests. */
const MANIFEST_BYTES = 64 * 1024 * 1024;

/** The largest header of tensors, and the largest end of a Parquet file, that is looked into. */
const HEADER_BYTES = 16 * 1024 * 1024;

/** The first bytes of a file, as text. */
export async function startOf(file: Blob): Promise<string> {
  return file.slice(0, START_BYTES).text();
}

/** The `format` that one of this program's own JSON files names, such as `ofa-subset`. */
export async function formatOfManifest(file: Blob): Promise<string | undefined> {
  // It is the first key, so that other files need not be read.
  const start = await file.slice(0, 256).text();
  return /^\s*\{\s*"format"\s*:\s*"([\w-]+)"/u.exec(start)?.[1];
}

/** A manifest's JSON. `undefined` where it is none. */
export async function readManifest(file: Blob): Promise<Record<string, unknown> | undefined> {
  if (file.size > MANIFEST_BYTES) {
    return undefined;
  }
  try {
    const json: unknown = JSON.parse(await file.text());
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The `format` that the header of a file of tensors names. */
export async function formatOfTensors(file: Blob): Promise<string | undefined> {
  if (file.size < 8) {
    return undefined;
  }
  const length = new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true);
  if (length > BigInt(HEADER_BYTES)) {
    return undefined;
  }
  try {
    const header: unknown = JSON.parse(await file.slice(8, 8 + Number(length)).text());
    const metadata = (header as { __metadata__?: { format?: unknown } }).__metadata__;
    return typeof metadata?.format === "string" ? metadata.format : undefined;
  } catch {
    return undefined;
  }
}

/** Columns that every table of scores has. */
const SCORE_COLUMNS = ["index", "cluster", "confidence", "entropy", "gate"];

/** Whether a CSV holds scores. */
export async function isScoresCsv(file: Blob): Promise<boolean> {
  const [header = ""] = (await file.slice(0, 1024).text()).split(/\r?\n/u);
  const columns = header.replace(/^\uFEFF/u, "").split(",").map((column) => column.trim().replaceAll('"', ""));
  return SCORE_COLUMNS.every((column) => columns.includes(column));
}

/** Whether the first line of a JSONL is a record's scores. */
export function isScoresLine(start: string): boolean {
  const [line = ""] = start.split("\n");
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === "object" && row !== null && SCORE_COLUMNS.every((column) => column in row);
  } catch {
    return false;
  }
}

/** Whether the first line of a JSONL is of what a feature store skipped. */
export function isSkippedLine(start: string): boolean {
  const [line = ""] = start.split("\n");
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === "object" && row !== null && "index" in row && "reason" in row;
  } catch {
    return false;
  }
}

/** Whether a Parquet file holds scores: the names of its columns stand in its end as they are. */
export async function isScoresParquet(file: Blob): Promise<boolean> {
  if (file.size < 12) {
    return false;
  }
  const length = new DataView(await file.slice(-8, -4).arrayBuffer()).getUint32(0, true);
  if (length > HEADER_BYTES || length + 12 > file.size) {
    return false;
  }
  const end = new TextDecoder("latin1").decode(await file.slice(-8 - length, -8).arrayBuffer());
  return SCORE_COLUMNS.every((column) => end.includes(column)) && !end.includes("conversations");
}

/** Keys of which a record has at least one. */
const RECORD_KEYS = /"(?:id|image|images|conversations|messages|instruction|question|query|prompt|text|input)"\s*:/u;

/** Whether a text begins like records. */
export function isLikeRecords(start: string): boolean {
  return RECORD_KEYS.test(start);
}
