// The worker of what only the larger module does.

import { fullPipelineHandlers, type FullPipelineCalls } from "../full_pipeline.js";
import { answerCalls, wordsOfTrap } from "../worker_calls.js";

answerCalls<FullPipelineCalls>(
  () => fullPipelineHandlers(),
  (error) => wordsOfTrap(error, () => undefined),
);
