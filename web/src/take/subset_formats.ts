// The formats that a subset is taken away in, and what the files are called.

import { FILE_ENDINGS, type DatasetFormat, type SubsetFormat } from "ofa";

/** `source`: byte for byte as in the dataset. */
export type TakenFormat = "source" | SubsetFormat;

/** What there is to choose from. The dataset's own format is the first and not there twice. */
export function formatsOf(format: DatasetFormat, isInZip: boolean): TakenFormat[] {
  const converted = (["jsonl", "json", "csv", "parquet", "ids", "indices"] as const).filter((other) => other !== format);
  return ["source", ...(isInZip ? (["zip"] as const) : []), ...converted];
}

/** A file's name, with the ending of what is in it. */
export function fileName(stem: string, taken: TakenFormat, format: DatasetFormat): string {
  return stem + FILE_ENDINGS[taken === "source" ? format : taken];
}

/** A name without what file systems refuse, and without an ending that would come twice. */
export function plainStem(name: string): string {
  const plain = name.replaceAll(/[/\\:*?"<>|\u0000-\u001f]/gu, "_").trim();
  const stem = plain.replace(/\.(?:jsonl?|csv|txt|zip|tar|parquet)$/iu, "");
  return /^\.*$/u.test(stem) ? "subset" : stem;
}
