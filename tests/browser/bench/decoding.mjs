// The wasm decoder beside the browser's: images a second, and how far their levels are apart.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { withPage } from "./bench_chromium.mjs";

/** Images that the browser decodes at a time, where it may. */
const AHEAD = 4;

/** Files of each kind that are looked at, of the generated dataset. */
const DEMO_IMAGES = 20;

/** Kinds whose speed is measured: what datasets are made of. */
const TIMED = /of the demo|\d+x\d+/;

/** Kinds of images, with the addresses of their files and of what the reference decoded them to. */
function kinds(images, demo) {
  const listed = JSON.parse(readFileSync(join(images, "images.json"), "utf8"));
  const byKind = new Map();
  for (const { kind, name, reference } of listed) {
    const { names, references } = byKind.get(kind) ?? { names: [], references: [] };
    byKind.set(kind, { names: [...names, `/images/${name}`], references: [...references, `/images/${reference}`] });
  }
  const generated = (ending) =>
    readdirSync(demo, { recursive: true })
      .filter((path) => path.endsWith(ending))
      .map((path) => `/demo/${path.replaceAll("\\", "/")}`)
      .sort()
      .slice(0, DEMO_IMAGES);
  return [
    ["JPEG of the demo", { names: generated(".jpg") }],
    ["PNG of the demo", { names: generated(".png") }],
    ...byKind,
  ];
}

/** Measures in one worker. */
export function decoding(server, { model, images, demo, seconds }) {
  return withPage(server, undefined, async (bench) => {
    await bench.start("decode", "decode", 1);
    await bench.one("decode", "load", { preprocessing: model, trained: "/trained/" });
    const results = [];
    for (const [kind, files] of kinds(images, demo)) {
      const drift = await bench.one("decode", "drift", files);
      const rates = TIMED.test(kind)
        ? await bench.one("decode", "rates", { ...files, seconds: Math.min(seconds, 2), ahead: AHEAD })
        : undefined;
      results.push({ kind, files: files.names.length, ahead: AHEAD, drift, rates });
    }
    await bench.end("decode");
    return results;
  });
}
