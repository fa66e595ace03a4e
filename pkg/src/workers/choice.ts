// The worker of choices that take long.

import { Choices } from "../choices.js";
import type { ChoiceCalls } from "../choice_worker.js";
import { OfaError } from "../errors.js";
import { openFeatures } from "../feature_files.js";
import { loadFullPipeline, loadPipeline } from "../wasm_module.js";
import { answerCalls, Transferred, wordsOfTrap } from "../worker_calls.js";

let lastPanic: () => string | undefined = () => undefined;
let choices: Choices | undefined;

function opened(): Choices {
  if (choices === undefined) {
    throw new OfaError("internal", "a choice was asked for before there was a pool");
  }
  return choices;
}

answerCalls<ChoiceCalls>(
  () => ({
    async open({ isFull, files, images, format, scores, features, clusters }) {
      const module = await (isFull ? loadFullPipeline() : loadPipeline());
      lastPanic = () => module.lastPanic?.();
      const dataset = module.Dataset.open(files, images, format);
      choices = new Choices({
        module,
        dataset,
        format: dataset.describe().format,
        scores: module.Scores.read(scores.name, scores.bytes, scores.manifest),
        features: features === undefined ? undefined : openFeatures(module, features),
        clusters,
      });
      return undefined;
    },

    choose({ request, budget }, { emit }) {
      const selection = opened().choose(request, budget, false, (done, of) => {
        emit({ done, of });
        return true;
      });
      const { buffer } = selection.positions;
      return new Transferred(selection, buffer instanceof ArrayBuffer ? [buffer] : []);
    },

    export: (what) => opened().export(what),

    account() {
      const account = opened().account();
      return new Transferred(account, [account.buffer]);
    },
  }),
  (error) => wordsOfTrap(error, lastPanic),
);
