// What the events of a run must be, whatever the dataset.

import assert from "node:assert/strict";

/** The types of events in their order, repeats left out. */
export function course(events) {
  const types = events.map(({ type, stage }) => (type === "stage" ? `stage ${stage}` : type));
  return types.filter((type, nth) => type !== types[nth - 1]);
}

/** Fails unless one comes before the other wherever both are there. */
export function assertBefore(events, first, then) {
  const types = events.map(({ type }) => type);
  assert.ok(types.includes(first), `no ${first} among ${[...new Set(types)]}`);
  assert.ok(types.includes(then), `no ${then} among ${[...new Set(types)]}`);
  assert.ok(types.indexOf(first) < types.indexOf(then), `${then} comes before ${first}`);
}

const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0);

/** Fails unless the counts of an encoding run rise and add up to the dataset's records. */
export function assertCounts(events, records) {
  const encoding = events.filter(({ type }) => type === "encoding");
  assert.ok(encoding.length > 0, "no event of encoding");
  let done = 0;
  for (const event of encoding) {
    assert.equal(event.records, records);
    assert.ok(event.records_done >= done && event.records_done <= records, `${done}, then ${event.records_done}`);
    done = event.records_done;
  }
  const encoded = events.findLast(({ type }) => type === "encoded");
  assert.ok(encoded, "no event `encoded`");
  assert.equal(encoded.rows + sum(encoded.skipped), records);
  const shards = events.filter(({ type }) => type === "shard_written");
  const inShards = shards.reduce((all, { rows }) => all + rows, 0);
  assert.ok(inShards <= encoded.rows);
  return { encoded, inShards };
}
