// What the page computes with: encoder, selector, backend.

import type { CreateOptions, InputFiles } from "ofa";

/** Where the encoder comes from. `hub` is fetched only after the user has agreed to its size and host. */
export type EncoderChoice =
  | { from: "demo" }
  | { from: "server"; url: string; name: string }
  | { from: "files"; files: InputFiles; name: string }
  | { from: "hub"; url: string; name: string };

/** Where the selector comes from. */
export type SelectorChoice =
  | { from: "demo" }
  | { from: "server"; url: string; name: string }
  | { from: "file"; file: File }
  | { from: "url"; url: string };

/** What the page computes with. */
export interface Setup {
  encoder: EncoderChoice;
  selector: SelectorChoice;
  backend: "auto" | "cpu" | "webgpu";
}

/** The bundled ones, on whatever is fastest here. */
export const DEFAULT_SETUP: Setup = { encoder: { from: "demo" }, selector: { from: "demo" }, backend: "auto" };

/** The options that `Selector.create` takes for a setup. */
export function createOptions({ encoder, selector, backend }: Setup): CreateOptions {
  return {
    backend,
    encoder: encoder.from === "demo" ? "demo" : encoder.from === "files" ? { files: encoder.files } : { url: encoder.url },
    selector: selector.from === "demo" ? "demo" : selector.from === "file" ? selector.file : { url: selector.url },
  };
}
