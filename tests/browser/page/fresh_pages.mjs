// A page of its own for each test of a suite, all served by one program.

import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";

import { DatasetPage } from "./dataset_page.mjs";
import { servePage } from "./served_page.mjs";

/** To be called in a suite: `open` opens the test's page, in whose console nothing may be left. */
export function freshPages() {
  const fresh = {
    site: undefined,
    /** The last one that was opened in this test. */
    page: undefined,
    async open(options = {}, contextOptions = {}) {
      const context = await fresh.site.browser.newContext({ viewport: { width: 1280, height: 900 }, ...contextOptions });
      fresh.page = await DatasetPage.open(context, fresh.site, options);
      return fresh.page;
    },
  };

  before(async () => {
    fresh.site = await servePage();
  });

  afterEach(async () => {
    assert.deepEqual(fresh.page?.complaints ?? [], []);
    fresh.page = undefined;
    for (const context of fresh.site.browser.contexts()) {
      await context.close();
    }
  });

  after(() => fresh.site?.close());

  return fresh;
}
