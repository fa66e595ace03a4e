// The rules themselves: each must find what is wrong with a report that was damaged on purpose.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { launch } from "./chromium.mjs";
import { focusStops } from "./look_rules.mjs";
import { openFile, READERS } from "./opened_page.mjs";
import { reportProblems, RULE_NAMES } from "./report_rules.mjs";
import { usualReport } from "./reports.mjs";

const [LIGHT, DARK, PHONE] = READERS;

const POLICY = /<meta http-equiv="Content-Security-Policy"[^>]*>/;
/** Nothing answers there, and nobody needs to. */
const ELSEWHERE = '<img src="http://127.0.0.1:9/a.png" alt="from elsewhere">';

/** What is done to the page, which rule must say so, and to whom where it is not to everybody. */
const DAMAGES = [
  ["language", "no language", (page) => page.replace(' lang="en"', "")],
  ["title", "no title", (page) => page.replace(/<title>[^<]*<\/title>/, "")],
  ["landmarks", "no main part", (page) => page.replace("<main>", "<div>").replace("</main>", "</div>")],
  ["landmarks", "a text outside of the landmarks", (page) => page.replace("<main>", "<p>A text</p><main>")],
  ["headings", "a level that is skipped", (page) => page.replaceAll(/<(\/?)h2>/g, "<$1h3>")],
  ["headings", "two titles", (page) => page.replaceAll(/<(\/?)h2>/g, "<$1h1>")],
  ["tables", "a table without a caption", (page) => page.replace(/(id="sources"[^]*?)<caption>.*?<\/caption>/, "$1")],
  ["tables", "cells in place of row headers", (page) => page.replaceAll(/<th scope="row">(.*?)<\/th>/g, "<td>$1</td>")],
  ["tables", "cells in place of column headers", (page) => page.replaceAll(/<th( class="number")? scope="col">(.*?)<\/th>/g, "<td>$2</td>")],
  ["tables", "an empty header", (page) => page.replace('<th scope="row">lowest</th>', '<th scope="row"></th>')],
  ["images", "a picture without a name", (page) => page.replace(/ alt="image of record \d+"/, "")],
  ["images", "a figure without a name", (page) => page.replace("<figure aria-label=", "<figure data-label=")],
  ["images", "a chart without a name", (page) => page.replace(/<title id="confidence-title">.*?<\/title>/, "")],
  ["images", "a chart whose labels are read", (page) => page.replace('<g aria-hidden="true">', "<g>")],
  ["controls", "a summary without a text", (page) => page.replace(/<summary>.*?<\/summary>/, "<summary></summary>")],
  ["controls", "two summaries of one name", (page) => page.replaceAll(/<summary>.*?<\/summary>/g, "<summary>More</summary>")],
  ["controls", "a link without a text", (page) => page.replace("<main>", '<main><a href="#counts"></a>')],
  ["counts", "another count in the first paragraph", (page) => page.replace(/<strong>[\d,]+ of/, "<strong>9,999 of")],
  ["counts", "a first paragraph that is not told", (page) => page.replace('<p class="lead">', '<p class="lead" aria-hidden="true">')],
  ["counts", "another count in the first table", (page) => page.replace(/(?<=scored and chosen<\/th><td class="number">)[\d,]+/, "9,999")],
  ["charts", "a chart without its table", (page) => page.replace(/<details>[^]*?<\/details>/, "")],
  ["charts", "a bar that its table does not have", (page) => page.replace(/data-series="chosen"(.*?)data-value="\d+"/, 'data-series="chosen"$1data-value="999"')],
  ["charts", "a chart without words", (page) => page.replace(/<figcaption>.*?<\/figcaption>/, "")],
  ["drawings", "series that look alike", (page) => page.replace(/--left-out: #\w+/, "--left-out: #0a4590")],
  ["drawings", "labels that are hardly seen, in the dark", (page) => page.replaceAll(/--quiet: #a4aebb/g, "--quiet: #4a525d"), DARK],
  ["axe", "words that are hardly seen, in the dark", (page) => page.replaceAll(/--quiet: #a4aebb/g, "--quiet: #4a525d"), DARK],
  ["axe", "a page that cannot be enlarged", (page) => page.replace("initial-scale=1", "initial-scale=1, user-scalable=no")],
  ["axe", "an image whose name is no name", (page) => page.replace("<main>", '<main><p role="img">A text</p>')],
  ["width", "a part that is too wide, on a phone", (page) => page.replace("<main>", '<main><div style="width:30rem">A part</div>'), PHONE],
  ["requests", "an image from elsewhere", (page) => page.replace(POLICY, "").replace("<main>", `<main>${ELSEWHERE}`)],
  ["errors", "an image that the policy forbids", (page) => page.replace("<main>", `<main>${ELSEWHERE}`)],
  ["errors", "a script that fails", (page) => page.replace(POLICY, "").replace("<main>", "<main><script>nothing()</script>")],
  ["errors", "a script that the policy forbids", (page) => page.replace("<main>", "<main><script>1</script>")],
];

describe("a damaged report in a browser", () => {
  let folder;
  let browser;
  let report;
  let whole;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ofa-browser-"));
    report = usualReport(folder);
    whole = readFileSync(report.file, "utf8");
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const openDamaged = (damage, reader) => {
    const damaged = damage(whole);
    // Not by assert.notEqual, which would print both.
    assert.ok(damaged !== whole, "the damage finds nothing to change");
    const file = join(folder, "damaged.html");
    writeFileSync(file, damaged);
    return openFile(browser, file, reader);
  };

  for (const [rule, what, damage, reader = LIGHT] of DAMAGES) {
    it(`breaks the rule of ${rule}: ${what}`, async () => {
      const opened = await openDamaged(damage, reader);
      const broken = await reportProblems(opened, report.manifest, [rule]);
      await opened.close();
      assert.deepEqual(Object.keys(broken), [rule]);
    });
  }

  it("breaks the rule of the focus: one that is not seen", async () => {
    const hide = (page) => page.replace("</style>", "summary:focus-visible { outline: none }</style>");
    const { page, close } = await openDamaged(hide, LIGHT);
    const { problems } = await focusStops(page);
    await close();
    assert.notDeepEqual(problems, []);
  });

  it("has broken every rule", () => {
    const broken = new Set(DAMAGES.map(([rule]) => rule));
    assert.deepEqual([...broken].sort(), [...RULE_NAMES].sort());
  });
});
