// Files that have to be the same, byte for byte.

import assert from "node:assert/strict";

/** Not by assert.deepEqual, which would print both. */
export function assertSameBytes(found, expected, what) {
  const [one, other] = [Buffer.from(found), Buffer.from(expected)];
  assert.ok(one.equals(other), `${what}: ${one.length} bytes other than the ${other.length} that were expected`);
}
