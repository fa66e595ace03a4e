// Images under the paths that records name them by.
//
// Records say `coco/train2017/1.jpg`, and what is dropped may be the folder above, `coco` itself, or the images alone.
// So a few references are compared with the paths that were dropped, and what differs in front is exchanged.

import { startOf } from "./contents";
import { Room, type FoundFile } from "./found_files";
import { folderOf, kindOf, nameOf } from "./kinds";

/** Places in a file of records where references are read, and how much at each. */
const WINDOWS = 16;
const WINDOW_BYTES = 64 * 1024;

/** References that are compared. */
const MOST_REFERENCES = 4096;

/** Of so many files of records references are read. */
const MOST_FILES = 16;

/** Keys that paths of images stand under. */
const REFERENCE = /"(?:image|images|path|file_name|image_path)"\s*:\s*\[?\s*("(?:[^"\\]|\\.)*")/gu;

/** Images under the paths that the records name them by, as far as a sample of the records tells; below `top`. */
export async function placeImages(
  records: readonly FoundFile[],
  images: readonly FoundFile[],
  top: string,
): Promise<FoundFile[]> {
  const references = await sampleReferences(records);
  const rules = await rulesFor(references, images);
  const home = folderOf(records[0]?.path ?? "");
  const room = new Room();
  const placed: FoundFile[] = [];
  const taken = new Set<string>();
  for (const image of images) {
    const beside = image.path.startsWith(home) ? image.path.slice(home.length) : image.path;
    const wanted = applied(rules, image.path) ?? beside;
    // Two folders may have images of the same name; the package takes each path once.
    const path = [wanted, beside, image.path].find((path) => !taken.has(path));
    if (path !== undefined) {
      taken.add(path);
      placed.push({ path: top + path, source: image.source });
    }
    await room.make();
  }
  return placed;
}

/** References of the records, from several places of their files. */
async function sampleReferences(records: readonly FoundFile[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const { path, source } of records.slice(0, MOST_FILES)) {
    if (!["json", "jsonl"].includes(kindOf(path))) {
      continue;
    }
    const stride = Math.max(WINDOW_BYTES, Math.floor(source.size / WINDOWS));
    for (let at = 0; at < source.size && found.size < MOST_REFERENCES; at += stride) {
      const text = await startOf(source.slice(at, at + WINDOW_BYTES));
      for (const [, quoted] of text.matchAll(REFERENCE)) {
        const reference = unquoted(quoted as string);
        if (reference !== undefined) {
          found.add(reference);
        }
      }
    }
  }
  return found;
}

function unquoted(quoted: string): string | undefined {
  try {
    const text = (JSON.parse(quoted) as string).replaceAll("\\", "/").replace(/^(?:\.?\/)+/u, "");
    return text === "" || /^(?:https?|data):/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** What a path begins with, and what references have in its place. */
interface Rule {
  from: string;
  to: string;
}

/** The rules that references speak for, the longest beginnings first. */
async function rulesFor(references: ReadonlySet<string>, images: readonly FoundFile[]): Promise<Rule[]> {
  const byName = new Map<string, string[]>();
  for (const reference of references) {
    byName.set(nameOf(reference), []);
  }
  const room = new Room();
  for (const { path } of images) {
    byName.get(nameOf(path))?.push(path);
    await room.make();
  }
  const witnesses = new Map<string, { rule: Rule; paths: string[] }>();
  for (const reference of references) {
    const found = ruleOf(reference, byName.get(nameOf(reference)) ?? []);
    if (found !== undefined) {
      const key = JSON.stringify(found.rule);
      const known = witnesses.get(key) ?? { rule: found.rule, paths: [] };
      known.paths.push(found.path);
      witnesses.set(key, known);
    }
  }
  // A reference to an image that is not there leads to another one of its name, and so to a rule that is none: the
  // paths below its beginning are better explained by a rule that more references speak for.
  const accepted: Rule[] = [];
  const explained: { path: string; by: Rule }[] = [];
  for (const { rule, paths } of [...witnesses.values()].sort((a, b) => b.paths.length - a.paths.length)) {
    const contested = explained.filter(({ path, by }) => rule.from.startsWith(by.from) && path.startsWith(rule.from)).length;
    if (paths.length > contested) {
      accepted.push(rule);
      paths.forEach((path) => explained.push({ path, by: rule }));
    }
    await room.make();
  }
  return accepted.sort((a, b) => b.from.length - a.from.length);
}

/** How one reference leads to one of the files of its name: the one that shares most of its end. */
function ruleOf(reference: string, paths: readonly string[]): { rule: Rule; path: string } | undefined {
  const wanted = reference.split("/");
  let best: { shared: number; rule: Rule; path: string } | undefined;
  let isTie = false;
  for (const path of paths) {
    const parts = path.split("/");
    let shared = 0;
    while (shared < Math.min(wanted.length, parts.length) && wanted.at(-1 - shared) === parts.at(-1 - shared)) {
      shared += 1;
    }
    const beginning = (of: readonly string[]): string => of.slice(0, of.length - shared).map((part) => `${part}/`).join("");
    if (best === undefined || shared > best.shared) {
      best = { shared, rule: { from: beginning(parts), to: beginning(wanted) }, path };
      isTie = false;
    } else if (shared === best.shared) {
      isTie = true;
    }
  }
  return isTie ? undefined : best;
}

function applied(rules: readonly Rule[], path: string): string | undefined {
  const rule = rules.find(({ from }) => path.startsWith(from));
  return rule === undefined ? undefined : rule.to + path.slice(rule.from.length);
}
