// The package as somebody installs it: packed, put into an empty project, run and compiled against.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { demoPool, featuresOf, scoresOf } from "../browser/demo_pool.mjs";
import { PACKAGE } from "./package_in_node.mjs";

const windows = process.platform === "win32";

function run(program, words, cwd) {
  try {
    return execFileSync(program, words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], shell: windows });
  } catch (error) {
    throw new Error(`${program} ${words.join(" ")}\n${error.stdout}\n${error.stderr}`);
  }
}

const npm = (words, cwd) => run(windows ? "npm.cmd" : "npm", words, cwd);

/** A script of somebody who has features and wants scores and a subset. */
const SCRIPT = `
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { Selector } from "ofa";

const [data, features] = process.argv.slice(2);
const file = (folder, path) => ({ path, source: new Uint8Array(readFileSync(folder + "/" + path)) });
const selector = await Selector.create();
const dataset = await selector.dataset([{ path: "data.json", source: new Uint8Array(readFileSync(data)) }]);
await selector.openFeatures(readdirSync(features).map((name) => file(features, name)));
for await (const event of selector.run()) {
  console.log(event.type);
}
await selector.select({ ratio: 0.15 });
for (const format of ["scores", "records"]) {
  const name = { scores: "scores.csv", records: "subset.json" }[format];
  const { files } = await selector.export({ format, name });
  for (const { name, blob } of files) {
    writeFileSync(name, new Uint8Array(await blob.arrayBuffer()));
  }
}
await selector.destroy();
`;

/** What a user's TypeScript says; each line below \`@ts-expect-error\` must not compile. */
const CONSUMER = readFileSync(new URL("consumer.ts", import.meta.url), "utf8");

describe("the packed package", () => {
  let folder;
  let project;
  let packed;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ofa-package-"));
    [packed] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], PACKAGE));
    project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "somebody", private: true, type: "module" }));
    npm(["install", "--offline", "--no-audit", "--no-fund", join(folder, packed.filename)], project);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("has what runs and what tells about it, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const modules = ["pipeline", "pipeline_full", "webgpu"].flatMap((name) => [`${name}.js`, `${name}_bg.wasm`]).map((name) => `wasm/${name}`);
    modules.push("wasm/products.js");
    for (const needed of ["package.json", "README.md", "dist/index.js", "dist/index.d.ts", ...modules]) {
      assert.ok(paths.includes(needed), `${needed} is missing in ${paths.join(" ")}`);
    }
    assert.ok(paths.some((path) => /^LICENSE/.test(path)), "no licence");
    const expected = [
      /^(package\.json|README\.md|LICENSE[\w-]*)$/,
      /^dist\/.+\.(js|d\.ts)$/,
      /^wasm\/.+\.(js|wasm|d\.ts)$/,
      /^demo\/(encoder\/)?[\w.]+$/,
    ];
    assert.deepEqual(paths.filter((path) => !expected.some((kind) => kind.test(path))), []);
    assert.deepEqual(paths.filter((path) => /test/i.test(path)), []);
  });

  it("depends on nothing", () => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
    assert.deepEqual(dependencies, {});
  });

  it("names no address in its lock file", () => {
    const lock = readFileSync(join(PACKAGE, "package-lock.json"), "utf8");
    assert.ok(!lock.includes('"resolved"'), "a lock file with addresses binds everybody to one registry");
  });

  it("runs in an empty project and gives the command line's scores", () => {
    const pool = demoPool();
    writeFileSync(join(project, "script.js"), SCRIPT);
    const said = run(process.execPath, ["script.js", pool.data, featuresOf(pool)], project);
    assert.match(said, /scored/);
    const scores = readFileSync(join(project, "scores.csv"));
    assert.ok(scores.equals(readFileSync(scoresOf(pool, "csv"))), "other scores");
    assert.ok(statSync(join(project, "subset.json")).size > 0);
  });

  for (const resolution of ["bundler", "nodenext"]) {
    it(`has declarations that a strict project compiles against: ${resolution}`, () => {
      writeFileSync(join(project, "consumer.ts"), CONSUMER);
      const tsc = join(PACKAGE, "node_modules/typescript/bin/tsc");
      const settings = resolution === "bundler" ? ["--module", "esnext"] : ["--module", "nodenext"];
      const words = [tsc, "--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"];
      run(process.execPath, [...words, ...settings, "--moduleResolution", resolution, "consumer.ts"], project);
    });
  }
});
