// The service worker: one classic script beside the page, with the list of everything that was built.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import type { Plugin } from "vite";

const SOURCE = fileURLToPath(new URL("../src/offline/worker/service_worker.ts", import.meta.url));

/** The script's name, from the page. */
const OUTPUT = "service_worker.js";

/** Names of these never change what they stand for: they hold a hash of their content. */
const HASHED = "assets/";

/** What is not kept: what the server says of itself, what browsers never ask for by name, and the worker itself. */
const LEFT_OUT = /^(?:served\.json|service_worker\.js|\.vite\/.*|.*\.(?:br|map))$/u;

/** What is kept only when it is used, or the page has nothing to do: the module that few datasets need. */
const LATER = /^assets\/pipeline_full/u;

/** Builds the worker once everything else is written. */
export function serviceWorker(): Plugin {
  return {
    name: "ofa-service-worker",
    apply: "build",
    async writeBundle({ dir }) {
      if (dir === undefined) {
        throw new Error("the service worker's list is of a folder, and the page is built into none");
      }
      const files = builtFiles(dir);
      const later = files.filter(({ url }) => LATER.test(url)).map(({ url }) => url);
      if (later.length === 0) {
        throw new Error("the build has no module `pipeline_full`: what is kept later would be kept never, or at once");
      }
      await build({
        entryPoints: [SOURCE],
        outfile: join(dir, OUTPUT),
        bundle: true,
        format: "iife",
        minify: true,
        target: "es2022",
        legalComments: "none",
        // Workbox asks for it where it would write to the console.
        define: {
          "process.env.NODE_ENV": '"production"',
          __BUILT_FILES__: JSON.stringify(files.filter(({ url }) => !LATER.test(url))),
          __FILES_FOR_LATER__: JSON.stringify(later),
        },
      });
    },
  };
}

/** Every file that the page may ask for, with what tells a version of it from others. */
function builtFiles(folder: string): { url: string; revision: string | null }[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((name) => !LEFT_OUT.test(name))
    .sort();
  return names.map((name) => ({ url: name, revision: name.startsWith(HASHED) ? null : hashOf(join(folder, name)) }));
}

function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16);
}
