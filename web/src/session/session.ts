// The page's one Selector, what it holds, and what can be asked of it. Components read the signals and call the
// actions; nothing else in the page talks to the package.

import { batch, createSignal, type Accessor } from "solid-js";

import { Selector, type About, type CheckingEvent, type CheckReport, type DatasetInfo, type ScoredEvent, type ScoreColumns, type SourceFile } from "ofa";

import { chosenOf, type Chosen } from "./chosen";
import type { Phase } from "./phase";
import { problemOf, type Problem } from "./problem";
import { NO_PROGRESS, ProgressReader, type Progress } from "./progress";
import { DEFAULT_REQUEST, isInstant, selectOptions, type Request } from "./request";
import { createOptions, DEFAULT_SETUP, type Setup } from "./setup";

/** A file that was dropped and cannot be used. */
export interface Unused {
  path: string;
  reason: string;
}

/** What was dropped, recognised: what the package is given, and what is left over. */
export interface DatasetInput {
  /** Records, and whatever lies beside them. */
  files: SourceFile[];
  /** Images that came apart from the records. */
  images: SourceFile[];
  /** A feature store that makes encoding unnecessary. */
  features: SourceFile[];
  /** Scores that make a run unnecessary. */
  scores: SourceFile[];
  unused: Unused[];
}

/** A run that goes on, waits, or how it ended. */
export type RunStatus = "none" | "running" | "paused" | "cancelled" | "failed" | "done";

/** A choice that takes long. */
export interface Choosing {
  done: number;
  of: number;
}

/** The state of the page, and its actions. */
export interface Session {
  phase: Accessor<Phase>;
  setup: Accessor<Setup>;
  about: Accessor<About | undefined>;
  /** Whether a Selector is being made, as after a change of the setup. */
  isPreparing: Accessor<boolean>;
  input: Accessor<DatasetInput | undefined>;
  dataset: Accessor<DatasetInfo | undefined>;
  checking: Accessor<CheckingEvent | undefined>;
  report: Accessor<CheckReport | undefined>;
  run: Accessor<RunStatus>;
  progress: Accessor<Progress>;
  scores: Accessor<ScoreColumns | undefined>;
  domain: Accessor<ScoredEvent["domain"]>;
  request: Accessor<Request>;
  chosen: Accessor<Chosen | undefined>;
  /** How far a choice is that takes long; `undefined` where none goes on. */
  choosing: Accessor<Choosing | undefined>;
  /** The last thing that went wrong, until it is put away. */
  problem: Accessor<Problem | undefined>;

  /** Opens what was dropped; ends a run that goes on. Afterwards the check is made. */
  open(input: DatasetInput): Promise<void>;
  /** Puts the dataset away. */
  close(): void;
  /** Takes another encoder, selector or backend; what was dropped is opened again. */
  change(setup: Partial<Setup>): Promise<void>;
  /** Looks through the dataset; with `deep` at every image. */
  check(deep?: boolean): Promise<void>;
  /** Encodes and scores, or goes on with what is stored of it. */
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends a run; what is done up to the last whole shard is kept. */
  cancel(): void;
  /** Changes what is asked for. The methods that take no time follow at once, the others once `choose` is called. */
  ask(change: Partial<Request>): void;
  /** Chooses as the request says. */
  choose(): Promise<void>;
  /** Ends a choice that takes long; the one before stays. */
  cancelChoice(): void;
  /** Shows an error of a component's own call. */
  reportProblem(error: unknown): void;
  dismissProblem(): void;
  /** The Selector, for reads that change nothing: records, images, neighbours, exports. */
  selector(): Selector;
}

/** Makes the page's session. */
export function createSession(initial: { setup?: Partial<Setup>; request?: Partial<Request> } = {}): Session {
  const [phase, setPhase] = createSignal<Phase>("empty");
  const [setup, setSetup] = createSignal<Setup>({ ...DEFAULT_SETUP, ...initial.setup });
  const [about, setAbout] = createSignal<About>();
  const [isPreparing, setIsPreparing] = createSignal(false);
  const [input, setInput] = createSignal<DatasetInput>();
  const [dataset, setDataset] = createSignal<DatasetInfo>();
  const [checking, setChecking] = createSignal<CheckingEvent>();
  const [report, setReport] = createSignal<CheckReport>();
  const [run, setRun] = createSignal<RunStatus>("none");
  const [progress, setProgress] = createSignal<Progress>(NO_PROGRESS);
  const [scores, setScores] = createSignal<ScoreColumns>();
  const [domain, setDomain] = createSignal<ScoredEvent["domain"]>();
  const [request, setRequest] = createSignal<Request>({ ...DEFAULT_REQUEST, ...initial.request });
  const [chosen, setChosen] = createSignal<Chosen>();
  const [choosing, setChoosing] = createSignal<Choosing>();
  const [problem, setProblem] = createSignal<Problem>();

  let selector: Selector | undefined;
  /** Ends what goes on: a run, a check, the opening of a dataset. */
  let work: AbortController | undefined;
  let choice: AbortController | undefined;
  let reader = new ProgressReader();

  const fail = (error: unknown): void => {
    const found = problemOf(error);
    if (found !== undefined) {
      setProblem(found);
    }
  };

  const forgetScores = (): void => {
    choice?.abort();
    batch(() => {
      setScores(undefined);
      setDomain(undefined);
      setChosen(undefined);
      setChoosing(undefined);
      setRun("none");
      setProgress(NO_PROGRESS);
    });
  };

  const beginWork = (): AbortController => {
    work?.abort();
    work = new AbortController();
    return work;
  };

  /** The Selector of the setup, made where there is none. */
  const prepared = async (signal: AbortSignal): Promise<Selector> => {
    if (selector !== undefined) {
      return selector;
    }
    setIsPreparing(true);
    try {
      const made = await Selector.create({
        ...createOptions(setup()),
        signal,
        onEvent: (event) => {
          if (event.type === "checking") {
            setChecking(event);
          } else {
            setProgress((progress) => reader.after(progress, event, performance.now()));
          }
        },
      });
      if (signal.aborted) {
        made.destroy();
        signal.throwIfAborted();
      }
      selector = made;
      setAbout(made.about);
      return made;
    } finally {
      setIsPreparing(false);
    }
  };

  /** Reads the scores that the Selector has, and chooses of them. */
  const scored = async (of: Selector): Promise<void> => {
    const columns = await of.scores();
    batch(() => {
      setScores(columns);
      setPhase("scored");
    });
    await choose();
  };

  const open = async (given: DatasetInput): Promise<void> => {
    const { signal } = beginWork();
    forgetScores();
    batch(() => {
      setPhase("opening");
      setInput(given);
      setDataset(undefined);
      setReport(undefined);
      setChecking(undefined);
      setProblem(undefined);
    });
    try {
      const of = await prepared(signal);
      const images = given.images.length === 0 ? {} : { images: given.images };
      const info = await of.dataset(given.files, { ...images, signal });
      batch(() => {
        setDataset(info);
        setPhase("ready");
      });
      if (given.features.length > 0) {
        await of.openFeatures(given.features, { signal });
      }
      if (given.scores.length > 0) {
        await of.openScores(given.scores);
        await scored(of);
        return;
      }
    } catch (error) {
      if (!signal.aborted) {
        fail(error);
        setPhase(dataset() === undefined ? "empty" : "ready");
      }
      return;
    }
    await check();
  };

  const close = (): void => {
    work?.abort();
    forgetScores();
    selector?.destroy();
    selector = undefined;
    batch(() => {
      setInput(undefined);
      setDataset(undefined);
      setReport(undefined);
      setChecking(undefined);
      setProblem(undefined);
      setPhase("empty");
    });
  };

  const change = async (part: Partial<Setup>): Promise<void> => {
    setSetup((setup) => ({ ...setup, ...part }));
    const again = input();
    close();
    setAbout(undefined);
    if (again !== undefined) {
      await open(again);
    }
  };

  const check = async (deep = false): Promise<void> => {
    if (selector === undefined || phase() === "running") {
      return;
    }
    const { signal } = beginWork();
    const before = phase();
    setPhase("checking");
    const checked = selector;
    try {
      const found = await checked.check({ deep, signal });
      setReport(found);
    } catch (error) {
      if (!signal.aborted) {
        fail(error);
      }
    } finally {
      if (phase() === "checking") {
        batch(() => {
          setChecking(undefined);
          setPhase(before);
        });
      }
    }
  };

  const start = async (): Promise<void> => {
    if (input() === undefined) {
      return;
    }
    const controller = beginWork();
    const { signal } = controller;
    forgetScores();
    reader = new ProgressReader();
    batch(() => {
      setProblem(undefined);
      setPhase("running");
      setRun("running");
    });
    try {
      const of = await prepared(signal);
      for await (const event of of.run({ signal })) {
        if (event.type === "scored") {
          setDomain(event.domain);
        }
      }
      setRun("done");
      await scored(of);
    } catch (error) {
      const ended = signal.aborted;
      // A run that another one took the place of has nothing more to say.
      if (work !== controller) {
        return;
      }
      batch(() => {
        setRun(ended ? "cancelled" : "failed");
        setPhase("ready");
      });
      if (!ended) {
        fail(error);
      }
    }
  };

  const choose = async (): Promise<void> => {
    const of = selector;
    const columns = scores();
    if (of === undefined || columns === undefined) {
      return;
    }
    choice?.abort();
    const controller = new AbortController();
    choice = controller;
    const asked = request();
    const takesLong = !isInstant(asked.method);
    if (takesLong) {
      setChoosing({ done: 0, of: 0 });
    }
    try {
      const selection = await of.select({
        ...selectOptions(asked),
        signal: controller.signal,
        onProgress: (done, of) => setChoosing({ done, of }),
      });
      if (choice === controller) {
        setChosen(chosenOf(selection, columns));
      }
    } catch (error) {
      if (choice === controller) {
        fail(error);
      }
    } finally {
      if (choice === controller) {
        setChoosing(undefined);
      }
    }
  };

  /** Only the last of many changes is worth choosing for: one choice at a time, then the newest request. */
  let isChoosing = false;
  let isStale = false;
  const follow = async (): Promise<void> => {
    if (isChoosing) {
      isStale = true;
      return;
    }
    isChoosing = true;
    try {
      do {
        isStale = false;
        await choose();
      } while (isStale && isInstant(request().method));
    } finally {
      isChoosing = false;
    }
  };

  return {
    phase,
    setup,
    about,
    isPreparing,
    input,
    dataset,
    checking,
    report,
    run,
    progress,
    scores,
    domain,
    request,
    chosen,
    choosing,
    problem,
    open,
    close,
    change,
    check,
    start,
    pause: async () => {
      await selector?.pause();
      reader.interrupted();
      setRun((status) => (status === "running" ? "paused" : status));
    },
    resume: async () => {
      reader.interrupted();
      await selector?.resume();
      setRun((status) => (status === "paused" ? "running" : status));
    },
    cancel: () => work?.abort(),
    ask: (part) => {
      setRequest((request) => ({ ...request, ...part }));
      if (scores() !== undefined && isInstant(request().method)) {
        void follow();
      }
    },
    choose,
    cancelChoice: () => {
      choice?.abort();
      setChoosing(undefined);
    },
    reportProblem: fail,
    dismissProblem: () => setProblem(undefined),
    selector: () => {
      if (selector === undefined) {
        throw new Error("the session was asked for its Selector before one was made");
      }
      return selector;
    },
  };
}
