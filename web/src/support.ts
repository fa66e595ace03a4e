// What the page needs of a browser.

import "./support.css";

/** What may be missing. */
export type Missing = "wasm" | "workers" | "secure" | "bigints" | "arrays" | "dialogs" | "canvas";

/** A module whose one function gives a 128-bit value, `v128.const 0`. */
const SIMD_MODULE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 22, 1, 20, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
]);

/** What this browser does not have; empty where the page runs. */
export function missingHere(): Missing[] {
  const missing: Missing[] = [];
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD_MODULE)) {
    missing.push("wasm");
  }
  if (typeof Worker !== "function" || !hasModuleWorkers()) {
    missing.push("workers");
  }
  if (!window.isSecureContext) {
    missing.push("secure");
  }
  if (typeof BigInt64Array !== "function") {
    missing.push("bigints");
  }
  if (!("toSorted" in Array.prototype && "findLast" in Array.prototype)) {
    missing.push("arrays");
  }
  if (typeof HTMLDialogElement !== "function") {
    missing.push("dialogs");
  }
  if (typeof OffscreenCanvas !== "function") {
    missing.push("canvas");
  }
  return missing;
}

/** A browser that knows module workers reads the option `type`. */
function hasModuleWorkers(): boolean {
  let isRead = false;
  const options = {
    get type(): "module" {
      isRead = true;
      return "module";
    },
  };
  try {
    // An address that cannot be one: nothing is started, and the options are read all the same.
    new Worker("blob://", options).terminate();
  } catch {
    // As it should be.
  }
  return isRead;
}
