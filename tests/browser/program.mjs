// The program `ofa`, which makes what these tests look at.

import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The program that `OFA_PROGRAM` names, or the one that `cargo build` makes. */
export function programPath() {
  const name = process.platform === "win32" ? "ofa.exe" : "ofa";
  const path =
    process.env.OFA_PROGRAM ?? fileURLToPath(new URL(`../../target/debug/${name}`, import.meta.url));
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: build it with \`cargo build -p ofa-cli\`, or name it in OFA_PROGRAM`);
  }
  return path;
}

/** Runs `ofa` and gives what it prints with `--json`; fails with its words when it does. */
export function ofa(...words) {
  const output = execFileSync(programPath(), ["--json", ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(output);
}

/** Starts `ofa` with what it prints to be read as it comes, for what does not end by itself. */
export function startOfa(...words) {
  return spawn(programPath(), ["--json", ...words], { stdio: ["ignore", "pipe", "pipe"] });
}
