// The page's one Selector, what it holds, and what can be asked of it. Components read the signals and call the
// actions; nothing else in the page makes the package do anything.

import { batch, createSignal, type Accessor } from "solid-js";

import {
  OfaError,
  type About,
  type CheckingEvent,
  type CheckReport,
  type DatasetInfo,
  type MeasuredPace,
  type MultiImage,
  type OfaEvent,
  type ScoreColumns,
  type Selector,
} from "ofa";

import { createChoice, type Choosing } from "./choice";
import type { Chosen } from "./chosen";
import type { DatasetInput } from "./dataset_input";
import { domainOf, type DomainCheck } from "./domain";
import { eachFrame } from "./each_frame";
import { DEFAULT_MULTI_IMAGE } from "./multi_image";
import type { Phase } from "./phase";
import { problemOf, type During, type Problem } from "./problem";
import { NO_PROGRESS, ProgressReader, type Progress } from "./progress";
import { DEFAULT_REQUEST, isInstant, type Request } from "./request";
import { SelectorHolder } from "./selector_holder";
import { createOptions, DEFAULT_SETUP, type Setup } from "./setup";
import { SHARD_RECORDS } from "./shards";
import { createStored, type Stored } from "./stored";

export type { Choosing } from "./choice";
export type { DatasetInput, Unused } from "./dataset_input";

/** A run that goes on, waits, or how it ended. */
export type RunStatus = "none" | "running" | "paused" | "cancelled" | "failed" | "done";

/** Features that came with the dataset. */
export interface GivenFeatures {
  rows: number;
  dim: number;
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
  /** The features that came with the dataset, once they are open: a run then only scores. */
  features: Accessor<GivenFeatures | undefined>;
  checking: Accessor<CheckingEvent | undefined>;
  report: Accessor<CheckReport | undefined>;
  /** How fast the encoder is on the dataset, once that was measured; `measuring` while it is. */
  pace: Accessor<MeasuredPace | "measuring" | undefined>;
  /** What becomes of records with several images. */
  multiImage: Accessor<MultiImage>;
  run: Accessor<RunStatus>;
  progress: Accessor<Progress>;
  scores: Accessor<ScoreColumns | undefined>;
  /** Whether the selector knows such data, as far as the last run told. */
  domain: Accessor<DomainCheck | undefined>;
  request: Accessor<Request>;
  chosen: Accessor<Chosen | undefined>;
  /** How far a choice is that takes long; `undefined` where none goes on. */
  choosing: Accessor<Choosing | undefined>;
  /** The last thing that went wrong, until it is put away. */
  problem: Accessor<Problem | undefined>;
  /** What the browser keeps. */
  stored: Stored;

  /** Makes the Selector of the setup, where there is none yet. */
  prepare(): Promise<void>;
  /** Opens what was dropped; ends a run that goes on. Afterwards the check is made. `force`: also features of another dataset. */
  open(input: DatasetInput, how?: { force?: boolean }): Promise<void>;
  /** Puts the dataset away. */
  close(): void;
  /**
   * Takes another encoder, selector or backend; what was dropped is opened again. With `isLater` nothing is fetched
   * before it is needed.
   */
  change(setup: Partial<Setup>, how?: { isLater?: boolean }): Promise<void>;
  /** Looks through the dataset; with `deep` at every image. */
  check(deep?: boolean): Promise<void>;
  /** Measures the encoder's pace on a few records; whatever is begun meanwhile ends it. */
  measure(): Promise<void>;
  /** Says what becomes of records with several images; the check is made again. */
  setMultiImage(multiImage: MultiImage): void;
  /** Encodes and scores, or goes on with what is stored of it. `force`: also where selector and encoder say that they do not belong together. */
  start(how?: { force?: boolean }): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends a run, a check or the opening of a dataset; what is done up to the last whole shard is kept. */
  cancel(): void;
  /** Changes what is asked for. The methods that take no time follow at once, the others once `choose` is called. */
  ask(change: Partial<Request>): void;
  /** Chooses as the request says. */
  choose(): Promise<void>;
  /** Ends a choice that takes long; the one before stays. */
  cancelChoice(): void;
  /** Shows an error of a component's own call. */
  reportProblem(error: unknown, during?: During): void;
  dismissProblem(): void;
  /** The Selector, for reads that change nothing: records, images, neighbours, exports. */
  selector(): Selector;
}

/** Makes the page's session. */
export function createSession(
  initial: { setup?: Partial<Setup>; request?: Partial<Request>; multiImage?: MultiImage | undefined } = {},
): Session {
  const [phase, setPhase] = createSignal<Phase>("empty");
  const [setup, setSetup] = createSignal<Setup>({ ...DEFAULT_SETUP, ...initial.setup });
  const [about, setAbout] = createSignal<About>();
  const [isPreparing, setIsPreparing] = createSignal(false);
  const [input, setInput] = createSignal<DatasetInput>();
  const [dataset, setDataset] = createSignal<DatasetInfo>();
  const [features, setFeatures] = createSignal<GivenFeatures>();
  const [checking, setChecking] = createSignal<CheckingEvent>();
  const [report, setReport] = createSignal<CheckReport>();
  const [pace, setPace] = createSignal<MeasuredPace | "measuring">();
  const [multiImage, setMultiImage] = createSignal<MultiImage>(initial.multiImage ?? DEFAULT_MULTI_IMAGE);
  const [run, setRun] = createSignal<RunStatus>("none");
  const [progress, setProgress] = createSignal<Progress>(NO_PROGRESS);
  const [scores, setScores] = createSignal<ScoreColumns>();
  const [domain, setDomain] = createSignal<DomainCheck>();
  const [request, setRequest] = createSignal<Request>({ ...DEFAULT_REQUEST, ...initial.request });
  const [problem, setProblem] = createSignal<Problem>();

  /** What goes on, and what ends it: a run, a check, the opening of a dataset. One at a time; the next ends the one before. */
  let work: AbortController | undefined;
  /** The Selector that has the dataset open, and whether features of another dataset were insisted on. */
  let opened: { by: Selector; force: boolean } | undefined;
  /** Positions that the request names are of this dataset. */
  let positionsOf: string | undefined;

  /** What events told since the last frame. */
  let reader = new ProgressReader();
  let told: { progress: Progress; checking: CheckingEvent | undefined } = { progress: NO_PROGRESS, checking: undefined };
  const screen = eachFrame(() =>
    batch(() => {
      setProgress(told.progress);
      setChecking(told.checking);
    }),
  );
  const hear = (event: OfaEvent): void => {
    if (event.type === "checking") {
      told.checking = event;
    } else {
      told.progress = reader.after(told.progress, event, performance.now());
    }
    screen.ask();
  };
  const tellNothing = (): void => {
    reader = new ProgressReader();
    told = { progress: NO_PROGRESS, checking: undefined };
    screen.ask();
    screen.flush();
  };

  const holder = new SelectorHolder(() => ({ ...createOptions(setup()), onEvent: hear }), {
    onMade: (selector) => setAbout(selector.about),
    onPreparing: setIsPreparing,
  });
  const letGo = (): void => {
    opened = undefined;
    holder.letGo();
  };

  const fail = (error: unknown, during: During = "other"): void => {
    const found = problemOf(error, during);
    if (found === undefined) {
      return;
    }
    setProblem(found);
    // The worker is gone, or is not to be trusted any more. The next call makes another.
    if (error instanceof OfaError && error.code === "internal" && during !== "other" && during !== "choice") {
      letGo();
    }
  };

  const choice = createChoice({
    selector: () => holder.current,
    scores,
    request,
    onProblem: (error) => fail(error, "choice"),
  });

  const stored = createStored({
    selector: () => holder.get(new AbortController().signal),
    onProblem: fail,
  });

  const forgetScores = (): void =>
    batch(() => {
      choice.forget();
      setScores(undefined);
      setDomain(undefined);
      setRun("none");
      tellNothing();
    });

  const forgetDataset = (): void =>
    batch(() => {
      opened = undefined;
      forgetScores();
      setDataset(undefined);
      setFeatures(undefined);
      setReport(undefined);
      setPace(undefined);
    });

  /** The phase in which nothing goes on. */
  const atRest = (): Phase => (dataset() === undefined ? "empty" : scores() === undefined ? "ready" : "scored");

  const beginWork = (): { controller: AbortController; signal: AbortSignal } => {
    work?.abort();
    const controller = new AbortController();
    work = controller;
    return { controller, signal: controller.signal };
  };

  /** The Selector with the dataset open in it; opened again after another Selector was made. */
  const withDataset = async (given: DatasetInput, force: boolean, signal: AbortSignal): Promise<Selector> => {
    const by = await holder.get(signal);
    if (opened?.by === by) {
      return by;
    }
    const images = given.images.length === 0 ? {} : { images: given.images };
    const info = await by.dataset(given.files, { ...images, signal });
    signal.throwIfAborted();
    opened = { by, force };
    batch(() => {
      setDataset(info);
      if (positionsOf !== undefined && positionsOf !== info.fingerprint) {
        setRequest((request) => ({ ...request, pinned: new Set<number>(), excluded: new Set<number>() }));
      }
    });
    positionsOf = info.fingerprint;
    if (given.features.length > 0) {
      try {
        const open = await by.openFeatures(given.features, { force, signal });
        signal.throwIfAborted();
        setFeatures(open);
      } catch (error) {
        // A dataset whose features do not fit can be encoded all the same.
        if (signal.aborted) {
          throw error;
        }
        setFeatures(undefined);
        fail(error, "features");
      }
    }
    return by;
  };

  /** Reads the scores that the Selector has, and chooses of them. */
  const scored = async (by: Selector, signal: AbortSignal): Promise<void> => {
    const columns = await by.scores();
    signal.throwIfAborted();
    batch(() => {
      setScores(columns);
      setPhase("scored");
    });
    await choice.choose();
  };

  const prepare = async (): Promise<void> => {
    try {
      await holder.get(new AbortController().signal);
    } catch (error) {
      fail(error, "setup");
    }
  };

  const open = async (given: DatasetInput, { force = false }: { force?: boolean } = {}): Promise<void> => {
    const { controller, signal } = beginWork();
    batch(() => {
      forgetDataset();
      setPhase("opening");
      setInput(given);
      setProblem(undefined);
    });
    try {
      const by = await withDataset(given, force, signal);
      if (given.scores.length > 0) {
        await by.openScores(given.scores);
        signal.throwIfAborted();
        await scored(by, signal);
        return;
      }
    } catch (error) {
      // Whatever took its place says what is so.
      if (work !== controller) {
        return;
      }
      const during: During = holder.current === undefined ? "setup" : "open";
      batch(() => {
        if (!signal.aborted) {
          fail(error, during);
        }
        // With another setup these files may well open.
        if (dataset() === undefined && (signal.aborted || during === "open")) {
          setInput(undefined);
        }
        setPhase(atRest());
      });
      if (dataset() === undefined) {
        return;
      }
    }
    if (work === controller) {
      setPhase(atRest());
      await check();
    }
  };

  const close = (): void => {
    work?.abort();
    work = undefined;
    letGo();
    batch(() => {
      forgetDataset();
      setInput(undefined);
      setProblem(undefined);
      setPhase("empty");
    });
  };

  const change = async (part: Partial<Setup>, { isLater = false }: { isLater?: boolean } = {}): Promise<void> => {
    const again = input();
    work?.abort();
    work = undefined;
    letGo();
    batch(() => {
      setSetup((setup) => ({ ...setup, ...part }));
      setAbout(undefined);
      setProblem(undefined);
      tellNothing();
    });
    if (again !== undefined) {
      await open(again);
    } else if (!isLater) {
      await prepare();
    }
  };

  const check = async (deep = false): Promise<void> => {
    const given = input();
    if (given === undefined || phase() === "opening" || phase() === "running") {
      return;
    }
    const { controller, signal } = beginWork();
    setPhase("checking");
    told.checking = undefined;
    screen.ask();
    try {
      const by = await withDataset(given, opened?.force ?? false, signal);
      const found = await by.check({ deep, multiImage: multiImage(), signal });
      signal.throwIfAborted();
      setReport(found);
    } catch (error) {
      if (!signal.aborted) {
        fail(error, "check");
      }
    } finally {
      if (work === controller) {
        told.checking = undefined;
        screen.ask();
        screen.flush();
        setPhase(atRest());
      }
    }
  };

  const measure = async (): Promise<void> => {
    const given = input();
    if (given === undefined || phase() !== "ready") {
      return;
    }
    const { controller, signal } = beginWork();
    setPace("measuring");
    try {
      const by = await withDataset(given, opened?.force ?? false, signal);
      const measured = await by.measurePace({ signal });
      signal.throwIfAborted();
      setPace(measured);
    } catch (error) {
      setPace((current) => (current === "measuring" ? undefined : current));
      if (!signal.aborted) {
        fail(error, "run");
      }
    } finally {
      if (work === controller) {
        // What starting the encoder told is of no run.
        tellNothing();
      }
    }
  };

  const start = async ({ force = false }: { force?: boolean } = {}): Promise<void> => {
    const given = input();
    if (given === undefined || phase() === "opening") {
      return;
    }
    const { controller, signal } = beginWork();
    batch(() => {
      forgetScores();
      setProblem(undefined);
      setPhase("running");
      setRun("running");
    });
    try {
      const by = await withDataset(given, opened?.force ?? false, signal);
      let isUnderWay = false;
      for await (const event of by.run({ multiImage: multiImage(), shardRecords: SHARD_RECORDS, force, signal })) {
        // Whoever paused before it had begun was heard by nobody.
        if (!isUnderWay && run() === "paused") {
          await by.pause();
        }
        isUnderWay = true;
        if (event.type === "scored") {
          setDomain(domainOf(event));
        }
      }
      signal.throwIfAborted();
      screen.flush();
      await scored(by, signal);
      setRun("done");
    } catch (error) {
      // A run that another one took the place of has nothing more to say.
      if (work !== controller) {
        return;
      }
      screen.flush();
      batch(() => {
        setRun(signal.aborted ? "cancelled" : "failed");
        setPhase(atRest());
      });
      if (!signal.aborted) {
        fail(error, "run");
      }
    } finally {
      void stored.read();
    }
  };

  return {
    phase,
    setup,
    about,
    isPreparing,
    input,
    dataset,
    features,
    checking,
    report,
    pace,
    multiImage,
    run,
    progress,
    scores,
    domain,
    request,
    chosen: choice.chosen,
    choosing: choice.choosing,
    problem,
    stored,
    prepare,
    open,
    close,
    change,
    check,
    measure,
    setMultiImage: (how) => {
      setMultiImage(how);
      if (phase() === "ready" || phase() === "checking") {
        void check();
      }
    },
    start,
    pause: async () => {
      if (run() === "running") {
        setRun("paused");
        reader.interrupted();
        await holder.current?.pause().catch((error: unknown) => fail(error));
      }
    },
    resume: async () => {
      if (run() === "paused") {
        setRun("running");
        reader.interrupted();
        await holder.current?.resume().catch((error: unknown) => fail(error));
      }
    },
    cancel: () => work?.abort(),
    ask: (part) => {
      setRequest((request) => ({ ...request, ...part }));
      if (scores() !== undefined && isInstant(request().method)) {
        void choice.follow();
      }
    },
    choose: choice.choose,
    cancelChoice: choice.cancel,
    reportProblem: fail,
    dismissProblem: () => setProblem(undefined),
    selector: () => {
      if (holder.current === undefined) {
        throw new Error("the session was asked for its Selector before one was made");
      }
      return holder.current;
    },
  };
}
