// A worker that scores shards of a feature store.

import { OfaError } from "../errors.js";
import { openShard } from "../feature_files.js";
import type { ScoreCalls } from "../score_workers.js";
import { loadPipeline, type PipelineModule, type WasmShardScorer } from "../wasm_module.js";
import { answerCalls, Transferred, wordsOfTrap } from "../worker_calls.js";

let opened: { module: PipelineModule; scorer: WasmShardScorer } | undefined;

answerCalls<ScoreCalls>(
  () => ({
    async open({ name, bytes }) {
      const module = await loadPipeline();
      opened = { module, scorer: module.ShardScorer.open(module.SelectorFile.open(name, bytes)) };
      return undefined;
    },

    score(shard) {
      if (opened === undefined) {
        throw new OfaError("internal", "a shard was to be scored before there was a selector");
      }
      const features = openShard(opened.module, shard);
      try {
        const columns = opened.scorer.score(features);
        const buffers = Object.values(columns).map(({ buffer }: { buffer: ArrayBuffer }) => buffer);
        return new Transferred(columns, buffers);
      } finally {
        features.free();
      }
    },
  }),
  (error) => wordsOfTrap(error, () => opened?.module.lastPanic?.()),
);
