// What a file is, by its name.

/** What a name says. `none` is what systems leave beside files and is passed over without a word. */
export type Kind =
  | "image"
  | "other-image"
  | "json"
  | "jsonl"
  | "parquet"
  | "zip"
  | "tar"
  | "caption"
  | "csv"
  | "tensors"
  | "packed"
  | "pytorch"
  | "unnamed"
  | "none"
  | "other";

const KINDS: ReadonlyMap<string, Kind> = new Map(
  (
    [
      ["image", ["jpg", "jpeg", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm"]],
      ["other-image", ["avif", "heic", "heif", "svg", "jp2", "jxl", "ico", "psd", "raw", "cr2", "nef", "dng", "exr", "hdr"]],
      ["json", ["json"]],
      ["jsonl", ["jsonl", "ndjson"]],
      ["parquet", ["parquet"]],
      ["zip", ["zip"]],
      ["tar", ["tar"]],
      ["caption", ["txt", "caption"]],
      ["csv", ["csv"]],
      ["tensors", ["safetensors"]],
      ["packed", ["gz", "tgz", "zst", "xz", "bz2", "7z", "rar", "lz4"]],
      ["pytorch", ["pt", "pth", "bin", "ckpt", "npy", "npz", "pkl"]],
    ] as const
  ).flatMap(([kind, endings]) => endings.map((ending) => [ending, kind] as const)),
);

const LEFT_BY_SYSTEMS = new Set([".DS_Store", "Thumbs.db", "desktop.ini", ".localized"]);

/** What the name of a file says that it is. */
export function kindOf(path: string): Kind {
  const name = nameOf(path);
  if (LEFT_BY_SYSTEMS.has(name) || name.startsWith("._") || path.startsWith("__MACOSX/") || path.includes("/__MACOSX/")) {
    return "none";
  }
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "unnamed" : (KINDS.get(name.slice(dot + 1).toLowerCase()) ?? "other");
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder that a path is in, with `/` at its end; empty where it is in none. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A path without its last ending. */
export function stemOf(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") ? path.slice(0, dot) : path;
}
