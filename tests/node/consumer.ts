// What a user's program says in TypeScript: this compiles, and what is marked as an error does not.

import { OfaError, Selector } from "ofa";
import type { Event } from "ofa";

const selector: Selector = await Selector.create({
  selector: "demo",
  encoder: { url: "https://example.org/encoder/", sha256: "0".repeat(64) },
  backend: "auto",
  workers: 2,
  storage: "auto",
  signal: new AbortController().signal,
  onEvent: (event: Event) => console.log(event.type),
});

// @ts-expect-error There is no such option.
await Selector.create({ backnd: "cpu" });
// @ts-expect-error There is no such backend.
await Selector.create({ backend: "cuda" });

const dataset = await selector.dataset([{ path: "data.json", source: new Uint8Array() }], { images: [] });
const records: number = dataset.records;
const report = await selector.check({ deep: true, multiImage: "mean" });
const wouldBeEncoded: number = report.would_be_encoded;

for await (const event of selector.run({ multiImage: "first" })) {
  switch (event.type) {
    case "encoding": {
      const share: number = event.records_done / event.records;
      console.log(share);
      break;
    }
    case "downloading":
      console.log(event.bytes, event.of);
      break;
    case "encoder":
      console.log(event.backend, event.reason);
      break;
    // @ts-expect-error There is no such event.
    case "encodig":
      break;
  }
}

const selection = await selector.select({ ratio: 0.15, method: "kdpp", seed: 7, quotas: true, textOnly: "keep" });
const positions: ArrayLike<number> = selection.positions;
// @ts-expect-error A budget is needed.
await selector.select({ method: "random" });
// @ts-expect-error There is no such method.
await selector.select({ ratio: 0.1, method: "best" });

const { files } = await selector.export({ format: "records", name: "subset.json" });
for (const { name, blob } of files) {
  const text: string = name;
  const bytes: Blob = blob;
  console.log(text, bytes.size);
}

const { coordinates, explained } = await selector.projection({ onProgress: (done, of) => console.log(done / of) });
const place: [number, number] = [coordinates[0] ?? 0, explained[1]];
const { positions: near, similarities } = await selector.neighbours(3, { count: 4 });
const { in_subset: isIn, scored, words } = await selector.explain(3, { neighbours: 2 });
const cut: number | undefined = scored?.chosen?.cut?.confidence;
const { names, of } = await selector.sources();
const { total, byReason, records: skipped } = await selector.skipped({ from: 10, count: 10 });
const found: Float64Array = await selector.search("cat", { limit: 5 });
for await (const { name, blob } of selector.images({ onLeftOut: ({ reason }) => console.log(reason) })) {
  console.log(name, blob.size, place, near, similarities, isIn, words, cut, names[of[0] ?? 0], total, byReason, skipped, found);
}
// @ts-expect-error There is no such option.
await selector.search("cat", { limt: 5 });

try {
  await selector.destroy();
} catch (error) {
  if (error instanceof OfaError && error.code === "storage_full") {
    console.log(error.message, records, wouldBeEncoded, positions.length);
  }
  // @ts-expect-error There is no such code.
  if (error instanceof OfaError && error.code === "storag_full") {
    console.log("never");
  }
}
