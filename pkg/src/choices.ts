// Subsets of scored records: pools that are ready for any budget, and the last choice.

import { OfaError } from "./errors.js";
import { exportedRecords, subsetName } from "./exported.js";
import type { SubsetFormat } from "./options.js";
import type { DatasetFormat, ExportedFile, Selection } from "./results.js";
import {
  release,
  type Budget,
  type ChoiceRequest,
  type PipelineModule,
  type WasmChoice,
  type WasmDataset,
  type WasmFeatures,
  type WasmScores,
  type WasmSubset,
} from "./wasm_module.js";

/** Pools that are kept ready: going to and fro between a few requests costs nothing. */
const KEPT = 4;

/** What is chosen from. */
export interface ChoiceInputs {
  module: PipelineModule;
  dataset: WasmDataset;
  format: DatasetFormat;
  scores: WasmScores;
  features: WasmFeatures | undefined;
  /** Clusters of the selector, 0 where they are not known. */
  clusters: number;
}

/** What is exported of a choice. */
export interface ChoiceExport {
  name?: string;
  as?: SubsetFormat;
}

/** Whether a method looks at every embedding, and so takes long. */
export function takesLong(method: string): boolean {
  return ["kdpp", "kdpp-map", "k-center"].includes(method);
}

/** Subsets of one pool of scores. */
export class Choices {
  readonly #inputs: ChoiceInputs;
  /** In the order of their last use. */
  readonly #pools = new Map<string, WasmChoice>();
  #last: WasmSubset | undefined;

  /** Takes what is chosen from, which stays the caller's. */
  constructor(inputs: ChoiceInputs) {
    this.#inputs = inputs;
  }

  /** Chooses. One that is made aside is not exported. `onProgress` ends the choice where it gives `false`. */
  choose(
    request: ChoiceRequest,
    budget: Budget,
    isAside: boolean,
    onProgress?: (done: number, of: number) => boolean,
  ): Selection {
    const subset = this.#poolOf(request).choose(budget, onProgress);
    const selection = { positions: subset.positions(), manifest: subset.manifest() };
    release(isAside ? subset : this.#last);
    if (!isAside) {
      this.#last = subset;
    }
    return selection;
  }

  /** Writes the last choice. */
  export({ name, as }: ChoiceExport): ExportedFile[] {
    const { dataset, format: ofDataset } = this.#inputs;
    return exportedRecords(this.#chosen(), dataset, name ?? subsetName(as ?? ofDataset), as);
  }

  /** The account of the last choice with its positions, for another module. */
  account(): Uint8Array<ArrayBuffer> {
    return this.#chosen().account();
  }

  /** Gives the memory back. */
  free(): void {
    for (const pool of this.#pools.values()) {
      release(pool);
    }
    this.#pools.clear();
    release(this.#last);
    this.#last = undefined;
  }

  #chosen(): WasmSubset {
    if (this.#last === undefined) {
      throw new OfaError("internal", "an export was asked for before a choice");
    }
    return this.#last;
  }

  #poolOf(request: ChoiceRequest): WasmChoice {
    const key = JSON.stringify(request);
    const { module, dataset, scores, features, clusters } = this.#inputs;
    const pool =
      this.#pools.get(key) ??
      (features === undefined
        ? module.Choice.prepare(dataset, scores, clusters, request)
        : module.Choice.prepareWithFeatures(dataset, scores, features, clusters, request));
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    for (const [oldest, old] of this.#pools) {
      if (this.#pools.size <= KEPT) {
        break;
      }
      this.#pools.delete(oldest);
      release(old);
    }
    return pool;
  }
}
