// The built page as `ofa serve` serves it, and a browser that can ask nobody else for anything.

import { once } from "node:events";
import { createInterface } from "node:readline";

import { startOfa } from "../program.mjs";
import { launchWatched, ofTheBrowser } from "../watched_chromium.mjs";
import { openWay } from "./watched_way.mjs";

/**
 * Starts the program on a free port, and Chromium with one way: to it.
 * @param {string[]} flags of Chromium
 * @param {string[]} words further options of `ofa serve`
 */
export async function servePage(flags = [], words = []) {
  const program = startOfa("serve", "--port", "0", ...words);
  let said = "";
  program.stderr.setEncoding("utf8").on("data", (words) => (said += words));
  const lines = createInterface(program.stdout);
  const line = await Promise.race([
    once(lines, "line").then(([line]) => line),
    once(program, "exit").then(() => Promise.reject(new Error(`\`ofa serve\` ended: ${said}`))),
  ]);
  const { url } = JSON.parse(line);
  const way = await openWay(url);
  const browser = await launchWatched(way, flags);
  return {
    /** The page's address, with a slash at the end. */
    address: url,
    way,
    browser,
    /** What pages asked of anybody but the server: nothing, if all is well. */
    foreign: () => way.foreign().filter((asked) => !ofTheBrowser(asked)),
    close: async () => {
      await browser.close();
      await way.close();
      program.kill();
      if (program.exitCode === null && program.signalCode === null) {
        await once(program, "exit");
      }
    },
  };
}
