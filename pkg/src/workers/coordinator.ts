// The worker that a page's `Selector` talks to.

import type { SessionCalls } from "../protocol.js";
import { Session } from "../session.js";
import { answerCalls, wordsOfTrap } from "../worker_calls.js";

const session = new Session(true);

answerCalls<SessionCalls>(
  () => session.handlers(),
  (error) => wordsOfTrap(error, () => session.lastPanic()),
);
