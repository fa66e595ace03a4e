// `self_check.safetensors` as the package reads it: what is whole is taken, another encoder's left aside, and what is
// damaged refused with the place.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";

import { ENCODER } from "../browser/demo_pool.mjs";
import { readSafetensors } from "../browser/feature_rows.mjs";
import { PACKAGE } from "./package_in_node.mjs";

const { storedCheck } = await import(pathToFileURL(join(PACKAGE, "dist/stored_check.js")));

const good = readFileSync(join(ENCODER, "self_check.safetensors"));
const { metadata } = readSafetensors(good);

/** The demo encoder, as far as it matters here. */
const demo = { fingerprint: metadata.encoder_fingerprint, imageSize: 64, embeddingDim: 128, contextLength: 77 };

const config = { path: "encoder/config.json", source: new Uint8Array() };
const check = (bytes, encoder = demo, path = "encoder/self_check.safetensors") =>
  storedCheck([{ path, source: new Uint8Array(bytes) }, config], encoder);

const dataStart = 8 + Number(good.readBigUInt64LE(0));
const headerOfGood = () => JSON.parse(good.toString("utf8", 8, dataStart));

/** The file with another header, or other bytes behind it. */
function changed(edit) {
  const header = headerOfGood();
  const data = Buffer.from(good.subarray(dataStart));
  edit(header, data);
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

/** Where a tensor begins behind the header. */
const offset = (name) => headerOfGood()[name].data_offsets[0];

describe("what is stored to check an encoder with", () => {
  it("is read from a file, from a blob and from the encoder's own folder", async () => {
    const stored = await check(good);
    const values = (name) => {
      const { bytes } = readSafetensors(good).tensor(name);
      return Array.from({ length: bytes.length / 4 }, (_, nth) => bytes.readFloatLE(4 * nth));
    };
    assert.equal(stored.images.count, 2);
    assert.deepEqual([...stored.images.pixelValues], values("pixel_values"));
    const lengths = [...stored.texts.lengths];
    assert.deepEqual(lengths, [...lengths].sort((one, other) => one - other));
    assert.equal(lengths.length, 3);
    assert.equal(stored.texts.inputIds.length, lengths.reduce((all, length) => all + length));
    assert.deepEqual(stored.embeddings.map((rows) => [...rows]), ["image_embeddings", "text_embeddings"].map(values));

    const files = [
      { path: "a/b/self_check.safetensors", source: new Blob(["another model's"]) },
      { path: "a/b/config.json", source: new Blob() },
      { path: "a/self_check.safetensors", source: new Blob([good]) },
      { path: "a/config.json", source: new Blob() },
    ];
    assert.deepEqual(await storedCheck(files, demo), stored);
  });

  it("is nothing where there is no file, or another encoder's", async () => {
    assert.equal(await storedCheck([config], demo), undefined);
    assert.equal(await check(good, demo, "self_check.safetensors"), undefined);
    assert.equal(await check(good, { ...demo, fingerprint: "0".repeat(64) }), undefined);
  });

  for (const [what, bytes, words, encoder] of [
    ["a page", "<!doctype html><title>Welcome</title>", ["header", "safetensors", "37 bytes"]],
    ["cut short", good.subarray(0, good.length - 4), ["text_embeddings.data_offsets", `${good.length - 4} bytes`]],
    ["of another format", changed((header) => (header.__metadata__.format = "pt")), ["format", '"ofa-self-check"', '"pt"']],
    ["of a later version", changed((header) => (header.__metadata__.version = "2")), ["version", '"1"', '"2"']],
    ["without metadata", changed((header) => delete header.__metadata__), ["format", "nothing"]],
    ["without a tensor", changed((header) => delete header.lengths), ["lengths", "U32 [m]", "no such tensor"]],
    [
      "of another type",
      changed((header) => (header.input_ids.dtype = "I32")),
      ["input_ids", "expected U32", "found I32"],
    ],
    [
      "for images of another size",
      good,
      ["pixel_values", "F32 [n, 3, 224, 224]", "F32 [2,3,64,64]"],
      { ...demo, imageSize: 224 },
    ],
    ["of another width", good, ["image_embeddings", "F32 [2, 512]", "F32 [2,128]"], { ...demo, embeddingDim: 512 }],
    [
      "with offsets that do not fit the shape",
      changed(({ image_embeddings: tensor }) => (tensor.data_offsets[1] -= 4)),
      ["image_embeddings.data_offsets", "1024 bytes", "found 1020"],
    ],
    ["with a text that is too long", good, ["lengths", "between 1 and 76 tokens", "77"], { ...demo, contextLength: 76 }],
    [
      "with lengths that are not those of the texts",
      changed((_, data) => data.writeUInt32LE(1, offset("lengths"))),
      ["input_ids", "expected U32 ["],
    ],
    [
      "with pixels that are no numbers",
      changed((_, data) => data.writeFloatLE(NaN, 4)),
      ["pixel_values", "finite", "NaN"],
    ],
    [
      "with an embedding that is none",
      changed((_, data) => data.fill(0, offset("text_embeddings"), offset("text_embeddings") + 512)),
      ["text_embeddings", "length 1", "length 0"],
    ],
  ]) {
    it(`is refused when it is ${what}`, async () => {
      await assert.rejects(check(Buffer.from(bytes), encoder), (error) => {
        assert.equal(error.code, "bad_encoder", error.stack);
        for (const word of ["encoder/self_check.safetensors", ...words]) {
          assert.ok(error.message.includes(word), `${word}: ${error.message}`);
        }
        return true;
      });
    });
  }
});
