// The page of `ofa select --report`, as it is read out, seen and operated.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { accessibilityTree, walk } from "./accessibility_tree.mjs";
import { launch } from "./chromium.mjs";
import { focusStops, widthProblems } from "./look_rules.mjs";
import { openFile, READERS, unfold } from "./opened_page.mjs";
import { reportProblems } from "./report_rules.mjs";
import { awkwardReport, uniformReport, usualReport } from "./reports.mjs";

const REPORTS = { usual: usualReport, awkward: awkwardReport, uniform: uniformReport };

describe("a report in a browser", () => {
  const reports = {};
  let folder;
  let browser;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ofa-browser-"));
    for (const [name, make] of Object.entries(REPORTS)) {
      reports[name] = make(folder);
    }
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const name of Object.keys(REPORTS)) {
    for (const reader of READERS) {
      it(`can be read out: ${name}, ${reader.colorScheme}, ${reader.width} wide`, async () => {
        const { file, manifest } = reports[name];
        const opened = await openFile(browser, file, reader);
        const broken = await reportProblems(opened, manifest);
        await opened.close();
        assert.deepEqual(broken, {});
      });
    }

    it(`does not scroll sideways where it is enlarged to 400%: ${name}`, async () => {
      // 1280 pixels enlarged four times are 320 (WCAG 1.4.10).
      const opened = await openFile(browser, reports[name].file, { colorScheme: "light", width: 320 });
      await unfold(opened.page);
      assert.deepEqual(await widthProblems(opened.page, 320), []);
      await opened.close();
    });
  }

  it("can be gone through by the keyboard, and the focus is seen", async () => {
    const { page, close } = await openFile(browser, reports.usual.file, READERS[0]);
    await unfold(page);
    const tree = await accessibilityTree(page);
    const told = [...walk(tree)].filter((node) => node !== tree && node.properties.focusable);
    const { stops, problems } = await focusStops(page);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      stops,
      told.map(({ name }) => name),
    );
    assert.ok(stops.length > 3, `${stops}`);
    await close();
  });

  it("does not say where the dataset lies", async () => {
    for (const { file } of Object.values(reports)) {
      assert.ok(!readFileSync(file, "utf8").includes(folder), file);
    }
  });

  it("runs nothing that a record says", async () => {
    const { page, close } = await openFile(browser, reports.awkward.file, READERS[0]);
    assert.match(await page.title(), /^Subset of a_name/);
    assert.equal(await page.locator("script, h1 ~ h1, i").count(), 0);
    await close();
  });
});
