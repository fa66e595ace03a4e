// A look at scored records: where they lie, what is like them, where they come from, what was left out.

import { Pace } from "./pace.js";
import type { Explanation, FoundIds, Neighbours, Projection, Selection, SkippedRecords, Sources } from "./results.js";
import {
  release,
  type Freeable,
  type PipelineModule,
  type StepProgress,
  type WasmDataset,
  type WasmFeatures,
  type WasmScoredPool,
  type WasmScores,
} from "./wasm_module.js";
import { Transferred } from "./worker_calls.js";

/** What is looked at. */
export interface ExplorationInputs {
  module: PipelineModule;
  dataset: WasmDataset;
  scores: WasmScores;
  features: WasmFeatures | undefined;
}

/** Is told how far steps are. */
type Tell = (done: number, of: number) => void;

/** A look at one pool of scores, until it is replaced. */
export class Exploration {
  readonly #inputs: ExplorationInputs;
  #pool: WasmScoredPool | undefined;

  /** Takes what is looked at, which stays the caller's. */
  constructor(inputs: ExplorationInputs) {
    this.#inputs = inputs;
  }

  /** Why a record is in a selection or not. */
  explain(position: number, neighbours: number, selection: Selection | undefined): Explanation {
    return this.#opened().explain(position, neighbours, selection?.manifest, selection?.positions);
  }

  /** The records that are most like one of them. */
  neighbours(position: number, count: number, signal: AbortSignal): Promise<Transferred<Neighbours>> {
    const search = this.#opened().neighbours(position, count);
    return stepped(search, () => undefined, signal, () => {
      const [positions, similarities] = [search.positions(), search.similarities()];
      return new Transferred({ positions, similarities }, [positions.buffer, similarities.buffer]);
    });
  }

  /** The records that have no score. */
  skipped(from: number, count: number): SkippedRecords {
    return this.#opened().skipped(from, count);
  }

  /** All scored records in two dimensions. */
  projection(tell: Tell, signal: AbortSignal): Promise<Transferred<Projection>> {
    const { module, scores, features } = this.#inputs;
    return stepped(module.Projection.begin(scores, features as WasmFeatures), tell, signal, (projection) => {
      const coordinates = projection.coordinates();
      const [first = 0, second = 0] = projection.explained();
      return new Transferred({ coordinates, explained: [first, second] }, [coordinates.buffer]);
    });
  }

  /** Where each scored record comes from. */
  sources(tell: Tell, signal: AbortSignal): Promise<Transferred<Sources>> {
    const { module, dataset, scores } = this.#inputs;
    return stepped(module.SourcesRun.begin(dataset, scores), tell, signal, (run) => {
      const of = run.of();
      return new Transferred({ names: run.names(), of }, [of.buffer]);
    });
  }

  /** Gives the memory back. */
  free(): void {
    release(this.#pool);
    this.#pool = undefined;
  }

  #opened(): WasmScoredPool {
    const { module, dataset, scores, features } = this.#inputs;
    this.#pool ??=
      features === undefined
        ? module.ScoredPool.of(dataset, scores)
        : module.ScoredPool.withFeatures(dataset, scores, features);
    return this.#pool;
  }
}

/** The records of a dataset that say something; needs no scores. */
export function searchRecords(
  module: PipelineModule,
  dataset: WasmDataset,
  { text, limit }: { text: string; limit: number },
  tell: Tell,
  signal: AbortSignal,
): Promise<Transferred<Float64Array>> {
  return stepped(module.Search.begin(dataset, text, limit), tell, signal, (search) => {
    const positions = search.positions();
    return new Transferred(positions, [positions.buffer]);
  });
}

/** The records of a dataset that have one of some ids; needs no scores. */
export function findIds(
  module: PipelineModule,
  dataset: WasmDataset,
  ids: string[],
  tell: Tell,
  signal: AbortSignal,
): Promise<Transferred<FoundIds>> {
  return stepped(module.IdSearch.begin(dataset, ids), tell, signal, (search) => {
    const positions = search.positions();
    return new Transferred({ positions, unknown: search.unknown() }, [positions.buffer]);
  });
}

/** Takes all steps, with room for messages in between, and gives what came of them. */
async function stepped<W extends Freeable & { step(): StepProgress | undefined }, T>(
  work: W,
  tell: Tell,
  signal: AbortSignal,
  result: (work: W) => T,
): Promise<T> {
  // Of its own: a run that is paused holds up no look at what there is.
  const pace = new Pace();
  try {
    for (let step = work.step(); step !== undefined; step = work.step()) {
      tell(step.done, step.of);
      await pace.next(signal);
    }
    return result(work);
  } finally {
    release(work);
  }
}
