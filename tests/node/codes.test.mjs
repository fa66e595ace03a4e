// In Node: what the package says in words it says by a code too, for whoever has words of their own.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { tarOf, zipOf } from "./archives.mjs";
import { OfaError, SCRIPTS, Selector, SKIP_REASONS, UNNAMED_DATASET } from "./package_in_node.mjs";

const bytesOf = (text) => new Uint8Array(Buffer.from(text));
const file = (path, content) => ({ path, source: typeof content === "string" ? bytesOf(content) : content });
const record = (value, image) => JSON.stringify({ ...(image && { image }), conversations: [{ from: "human", value }] });

/** Opens files, and gives what is known of them. */
async function opened(files, options) {
  const selector = await Selector.create();
  const info = await selector.dataset(files, options);
  return { selector, info };
}

/** A tar whose first file is a link. */
function withLink(files) {
  const tar = tarOf(files);
  tar.write("2", 156);
  // The type is in the sum of the header's bytes.
  const sum = Number.parseInt(tar.toString("latin1", 148, 154), 8) + 2;
  tar.write(sum.toString(8).padStart(6, "0"), 148);
  return tar;
}

const picture = (name) => [name, bytesOf("a picture")];
const text = (name) => [name, bytesOf("a text")];

describe("what is seen on opening a dataset", () => {
  for (const [what, files, remark, example] of [
    [
      "a file of no records",
      [file("all/data.jsonl", record("Hi")), file("all/info.json", '{\n "version": 1\n}')],
      { code: "files_left_out", count: 1 },
      /info\.json: /,
    ],
    [
      "a text without its image",
      [file("all/a.jpg", "a picture"), file("all/a.txt", "a text"), file("all/b.txt", "a text")],
      { code: "lone_captions", name: "all", count: 1 },
    ],
    [
      "a zip with a name that leads out of it",
      [file("d.zip", new Uint8Array(zipOf(new Map([["data.jsonl", bytesOf(record("Hi"))], text("../out.txt")]))))],
      { code: "members_ignored", name: "d.zip", count: 1 },
      /out\.txt/,
    ],
    [
      "a tar with a link",
      [file("d.tar", new Uint8Array(withLink(new Map([["link.jpg", bytesOf("")], picture("a.jpg"), text("a.txt")]))))],
      { code: "not_files", name: "d.tar", count: 1 },
      /link\.jpg/,
    ],
    [
      "tars that were joined",
      [file("d.tar", new Uint8Array(Buffer.concat([tarOf(new Map([picture("a.jpg")])), tarOf(new Map([picture("b.jpg")]))])))],
      { code: "after_end", name: "d.tar", end: 1024, at: 2048 },
    ],
    [
      "a tar in which a sample is in two places",
      [file("d.tar", new Uint8Array(tarOf(new Map([picture("a.jpg"), picture("b.jpg"), text("a.txt")]))))],
      { code: "split_keys", name: "d.tar", count: 1 },
      /`a`/,
    ],
  ]) {
    it(`has a code beside its words: ${what}`, async () => {
      const { selector, info } = await opened(files);
      assert.equal(info.remarks.length, 1);
      const [{ example: found, ...rest }] = info.codedRemarks;
      assert.equal(info.codedRemarks.length, 1);
      assert.deepEqual(rest, remark);
      if (example === undefined) {
        assert.equal(found, undefined);
      } else {
        assert.match(found, example);
        assert.ok(info.remarks[0].includes(found), info.remarks[0]);
      }
      // The report has the words alone, as that of the command line.
      assert.deepEqual((await selector.check()).remarks, info.remarks);
      await selector.destroy();
    });
  }

  it("is nothing of a dataset that is in order", async () => {
    const { selector, info } = await opened([file("data.jsonl", record("Hi"))]);
    assert.deepEqual([info.remarks, info.codedRemarks, info.formatGiven], [[], [], false]);
    await selector.destroy();
  });

  it("is that its format was given", async () => {
    const { selector, info } = await opened([file("data.jsonl", record("Hi"))], { format: "jsonl" });
    assert.equal(info.formatGiven, true);
    await selector.destroy();
  });

  it("is a name, or that there is none", async () => {
    for (const [folder, name] of [
      ["all/", "all"],
      ["", UNNAMED_DATASET],
    ]) {
      const { selector, info } = await opened([file(`${folder}a.jsonl`, record("Hi")), file(`${folder}b.jsonl`, record("Ho"))]);
      assert.equal(info.name, name);
      await selector.destroy();
    }
  });
});

describe("names", () => {
  it("of scripts are those that a check gives", async () => {
    const words = {
      latin: "cat",
      han: "图片",
      kana: "これ",
      hangul: "그림",
      cyrillic: "Что",
      arabic: "ما هذا",
      hebrew: "מה זה",
      devanagari: "यह क्या है",
      thai: "นี่คืออะไร",
      greek: "Τι είναι",
      other: "რა არის",
      none: "1 + 1?",
    };
    assert.deepEqual(Object.keys(words), [...SCRIPTS]);
    const { selector } = await opened([file("data.jsonl", Object.values(words).map((value) => record(value)).join("\n"))]);
    const { scripts } = await selector.check();
    assert.deepEqual(scripts, Object.fromEntries([...SCRIPTS].map((script) => [script, 1]).sort()));
    await selector.destroy();
  });

  it("of reasons stand in a refusal, with what was found", async () => {
    const { selector } = await opened([file("data.jsonl", record("What is it?", "nowhere.jpg"))]);
    await assert.rejects(selector.image(0, 0), (error) => {
      assert.ok(error instanceof OfaError, error.stack);
      assert.equal(error.code, "record_unusable");
      assert.equal(error.details.reason, "image_missing");
      assert.ok(SKIP_REASONS.includes(error.details.reason));
      assert.match(error.details.detail, /nowhere\.jpg/);
      return true;
    });
    await selector.destroy();
  });
});
