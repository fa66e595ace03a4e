// What can go wrong with an answer, on demand.

import { part, text } from "./served_file.mjs";

/**
 * - `status`: that status and a few words
 * - `html`: a page with status 200, as servers and hotels give in place of a file
 * - `breakAfter`: the line is cut after so many bytes of the body
 * - `ignoreRanges`: the whole file, whatever part is asked for
 * - `change`: other bytes in place of the file's
 * - `wait`: so many milliseconds before the answer
 * @typedef {{status?: number, html?: boolean, breakAfter?: number, ignoreRanges?: boolean,
 *   change?: (bytes: Buffer) => Buffer | string, wait?: number, times?: number}} Fault
 */

/** Faults by path. */
export class Faults {
  #all = [];

  /**
   * Adds a fault to the answers for a path, `times` times where that is given. What is returned counts
   * how often it came to that, since a fault that nobody met proves nothing.
   * @param {string | RegExp} path
   * @param {Fault} fault
   */
  add(path, fault) {
    const added = { path, fault, left: fault.times ?? Infinity, met: 0 };
    this.#all.push(added);
    return added;
  }

  clear() {
    this.#all = [];
  }

  /** All faults of the next answer for a path, in the order in which they were added. */
  next(path) {
    const now = this.#all.filter((one) => one.left > 0 && matches(one.path, path));
    for (const one of now) {
      one.left -= 1;
      one.met += 1;
    }
    return now.map((one) => one.fault);
  }
}

function matches(pattern, path) {
  return typeof pattern === "string" ? pattern === path : pattern.test(path);
}

/** Spoils an answer. */
export async function applyFault(faults, answer, requested) {
  for (const fault of faults) {
    if (fault.wait) {
      await new Promise((resolve) => setTimeout(resolve, fault.wait));
    }
    if (fault.status) {
      replace(answer, text(fault.status, `status ${fault.status}, on demand`));
    }
    if (fault.html) {
      replace(answer, text(200, "<!doctype html><title>Welcome</title><p>Sign in", "text/html; charset=utf-8"));
    }
    if (fault.change || fault.ignoreRanges) {
      const whole = answer.whole ?? answer.bytes;
      delete answer.headers["content-range"];
      const bytes = Buffer.from(fault.change?.(whole) ?? whole);
      replace(answer, { status: 200, headers: answer.headers, bytes, whole: bytes });
      if (!fault.ignoreRanges) {
        replace(answer, part(answer, requested));
      }
    }
    if (fault.breakAfter !== undefined) {
      answer.breakAfter = fault.breakAfter;
    }
  }
}

function replace(answer, other) {
  const isolation = Object.entries(answer.headers).filter(([name]) => name.startsWith("cross-origin-"));
  Object.assign(answer, other, { headers: { ...other.headers, ...Object.fromEntries(isolation) } });
}
