// What becomes of what is dropped: it waits, joins the dataset that is open, or takes its place.

import { batch, createEffect, createSignal, on, type Accessor } from "solid-js";

import { OfaError } from "ofa";

import { markDemo } from "../address/demo_data";
import { restoreManifest, type Restored } from "../address/restore";
import { t } from "../messages";
import type { Unused } from "../session/dataset_input";
import type { Session } from "../session/session";
import { inputOf, joined, type DatasetParts } from "./files/dataset_parts";
import { filesOfList, type Finding, type Found } from "./files/found_files";
import { filesIn, itemOfHandle, type Item } from "./files/folder_walk";
import type { Dropped } from "./files/dropped";
import { recognise, type Recognised } from "./files/recognise";
import { sentenceOf } from "./files/sentence";
import { forgetHandles, rememberHandles } from "./remembered";

/** What the page has to say of a drop. */
export interface Notice {
  kind: "info" | "warning";
  text: string;
  unused: readonly Unused[];
}

/** A dataset that waits for a word: it would take the place of another one. */
export interface Replacement {
  sentence: string;
  /** Another dataset, more of the one that is open, or another encoder or selector. */
  kind: "dataset" | "addition" | "setup";
  accept(): void;
  refuse(): void;
}

/** What goes beside records. */
type Beside = Pick<DatasetParts, "images" | "archives" | "features" | "scores">;

const NOTHING: Beside = { images: [], archives: [], features: [], scores: [] };

/** What was dropped and has nothing to go with yet. */
export interface Waiting extends Beside {
  sentence: string;
  /** The handles that it came by; none where a part of it came without. */
  handles: FileSystemHandle[];
}

/** The drops of the page. */
export interface Dropping {
  /** How far folders are looked through. */
  finding: Accessor<Finding | undefined>;
  waiting: Accessor<Waiting | undefined>;
  notice: Accessor<Notice | undefined>;
  replacement: Accessor<Replacement | undefined>;
  takeDropped(dropped: Promise<Dropped>): Promise<void>;
  takeList(list: ArrayLike<File>): Promise<void>;
  takeHandles(handles: FileSystemHandle[]): Promise<void>;
  takeDemo(): Promise<void>;
  /** Ends the looking through folders. */
  cancel(): void;
  forgetWaiting(): void;
  dismissNotice(): void;
}

/** Where the demo's dataset lies. */
const DEMO_DATA = "./demo-data/things.zip";

/** Makes the drops of a page. */
export function createDropping(session: Session): Dropping {
  const [finding, setFinding] = createSignal<Finding>();
  const [waiting, setWaiting] = createSignal<Waiting>();
  const [notice, setNotice] = createSignal<Notice>();
  const [replacement, setReplacement] = createSignal<Replacement>();
  let search: AbortController | undefined;
  /** What the session has open, under the paths that it was dropped with. */
  let open: DatasetParts | undefined;
  /** The handles that it came by. */
  let openHandles: FileSystemHandle[] = [];

  // What could be opened is worth opening again.
  createEffect(
    on(session.dataset, (dataset) => {
      if (dataset !== undefined && open !== undefined) {
        const { sentence } = open;
        const handles = openHandles;
        void (handles.length > 0 ? rememberHandles({ handles, dataset: dataset.name, sentence }) : forgetHandles());
      }
    }),
  );

  const say = (kind: Notice["kind"], text: string, unused: readonly Unused[] = []): void => {
    setNotice({ kind, text, unused });
  };

  /** Files are looked for and recognised; a second drop ends the first one's search. */
  const take = async (find: (signal: AbortSignal) => Promise<Found>, handles: FileSystemHandle[]): Promise<void> => {
    search?.abort();
    const controller = new AbortController();
    search = controller;
    batch(() => {
      setNotice(undefined);
      setFinding({ files: 0, folders: 0 });
    });
    try {
      const found = await find(controller.signal);
      const recognised = await recognise(found);
      controller.signal.throwIfAborted();
      setFinding(undefined);
      await use(recognised, handles);
    } catch (error) {
      if (!controller.signal.aborted) {
        session.reportProblem(error);
      }
    } finally {
      if (search === controller) {
        setFinding(undefined);
      }
    }
  };

  const use = async (found: Recognised, handles: FileSystemHandle[]): Promise<void> => {
    const sentence = await sentenceOf(found);
    const restored = await takeSettings(found, sentence);
    if (hasDataset(found)) {
      await useDataset(found, sentence, handles);
      return;
    }
    const { images, archives, features, scores } = found;
    const more: Beside = { images, archives, features, scores };
    if (Object.values(more).some((files) => files.length > 0)) {
      await useBeside(more, sentence, found.unused, handles);
      return;
    }
    if (restored !== undefined) {
      const isAlone = restored.isRestored && session.input() === undefined;
      say(restored.isRestored ? "info" : "warning", isAlone ? t.data.settingsTaken : restored.words, found.unused);
    } else if (found.encoder === undefined && found.selector === undefined) {
      const isEmpty = found.total === 0;
      say("warning", isEmpty ? t.data.emptyDrop(found.folders) : t.data.nothingUsable(found.total), found.unused);
    } else {
      say("info", t.data.taken(sentence), found.unused);
    }
  };

  /** An encoder, a selector, the settings of a manifest: they hold for whatever is open. */
  const takeSettings = async ({ encoder, selector, manifests }: Recognised, sentence: string): Promise<Restored | undefined> => {
    if (encoder !== undefined || selector !== undefined) {
      await unlessKept(sentence, "setup", () =>
        session.change({
          ...(encoder === undefined ? {} : { encoder: { from: "files", ...encoder } }),
          ...(selector === undefined ? {} : { selector: { from: "file", file: selector.source } }),
        }),
      );
    }
    const [manifest] = manifests;
    return manifest === undefined ? undefined : restoreManifest(manifest.text, session);
  };

  const useDataset = async (found: Recognised, sentence: string, handles: FileSystemHandle[]): Promise<void> => {
    const isArchive = found.records.length === 0 && found.archives.length > 0;
    if (isArchive && lacksImages(session)) {
      await useBeside({ ...NOTHING, images: found.images, archives: found.archives }, sentence, found.unused, handles);
      return;
    }
    const kept = waiting();
    // Images without a word beside them were opened as they are; now there are words.
    const before = found.records.length > 0 && isOnlyImages(session) ? open : undefined;
    const parts: DatasetParts = {
      ...found,
      archives: await joined([...(before?.archives ?? []), ...(kept?.archives ?? [])], found.archives),
      images: await joined([...(before?.images ?? []), ...(kept?.images ?? [])], found.images),
      features: found.features.length > 0 ? found.features : (kept?.features ?? []),
      scores: found.scores.length > 0 ? found.scores : (kept?.scores ?? []),
      sentence: [before, kept].reduce((words, part) => (part === undefined ? words : t.data.together(part.sentence, words)), sentence),
    };
    const go = async (): Promise<void> => {
      batch(() => {
        setWaiting(undefined);
        if (found.former !== undefined) {
          say("info", t.data.formerSubset(found.former.name, found.former.written, found.former.records));
        }
      });
      open = parts;
      openHandles = [...(before === undefined ? [] : [openHandles]), ...(kept === undefined ? [] : [kept.handles])].reduce(together, handles);
      await session.open(await inputOf(parts));
    };
    await (before === undefined ? unlessKept(sentence, "dataset", go) : go());
  };

  const useBeside = async (
    more: Beside,
    sentence: string,
    unused: readonly Unused[],
    handles: FileSystemHandle[],
  ): Promise<void> => {
    const before = open;
    if (before === undefined || session.input() === undefined) {
      const kept = waiting();
      const both = await added(kept ?? NOTHING, more);
      batch(() => {
        setWaiting({
          ...both,
          sentence: kept === undefined ? sentence : t.data.together(kept.sentence, sentence),
          handles: kept === undefined ? handles : together(kept.handles, handles),
        });
        if (unused.length > 0) {
          say("warning", t.data.partlyUnused, unused);
        }
      });
      return;
    }
    await unlessKept(sentence, "addition", async () => {
      say("info", t.data.added(sentence), unused);
      openHandles = together(openHandles, handles);
      open = { ...before, ...(await added(before, more)), sentence: t.data.together(before.sentence, sentence) };
      await session.open(await inputOf(open));
    });
  };

  /** Where a run or scores would be lost, the user is asked first. */
  const unlessKept = async (sentence: string, kind: Replacement["kind"], go: () => Promise<void>): Promise<void> => {
    if (!["running", "scored"].includes(session.phase())) {
      await go();
      return;
    }
    const isAccepted = await new Promise<boolean>((resolve) => {
      replacement()?.refuse();
      const answer = (value: boolean) => (): void => {
        setReplacement(undefined);
        resolve(value);
      };
      setReplacement({ sentence, kind, accept: answer(true), refuse: answer(false) });
    });
    if (isAccepted) {
      await go();
    }
  };

  const lookInto = (items: readonly Item[]) => (signal: AbortSignal): Promise<Found> =>
    filesIn(items, { signal, onFinding: setFinding });

  return {
    finding,
    waiting,
    notice,
    replacement,
    takeDropped: async (dropped) => {
      try {
        const { items, handles, instead } = await dropped;
        if (items.length === 0) {
          say("warning", instead === "link" ? t.data.linkDropped : instead === "text" ? t.data.textDropped : t.data.emptyDrop(0));
          return;
        }
        await take(lookInto(items), handles);
      } catch (error) {
        session.reportProblem(error);
      }
    },
    takeList: async (list) => {
      // Nothing was chosen: a folder without files, since a dialog that is cancelled says nothing.
      await take(() => filesOfList(list), []);
    },
    takeHandles: (handles) => take(lookInto(handles.map(itemOfHandle)), handles),
    takeDemo: () =>
      take(async (signal) => {
        const response = await fetch(DEMO_DATA, { signal }).catch((cause: unknown) => {
          signal.throwIfAborted();
          throw new OfaError("download_failed", t.data.demoMissing, { cause });
        });
        if (!response.ok) {
          throw new OfaError("download_failed", t.data.demoMissing);
        }
        const file = markDemo(new File([await response.blob()], t.data.demoName));
        return { files: [{ path: file.name, source: file }], unreadable: [], folders: 0 };
      }, []),
    cancel: () => search?.abort(),
    forgetWaiting: () => setWaiting(undefined),
    dismissNotice: () => setNotice(undefined),
  };
}

/** Whether something that was dropped can be opened by itself. */
function hasDataset({ records, archives, images, captions }: Recognised): boolean {
  return records.length > 0 || archives.length > 0 || (images.length > 0 && captions.length > 0);
}

/** Whether what is open waits for images: then an archive is where they are, and no dataset of its own. */
function lacksImages(session: Session): boolean {
  const report = session.report();
  return report !== undefined && report.format !== "captions" && report.images_missing > 0;
}

/** Whether what is open are images without a word beside them. */
function isOnlyImages(session: Session): boolean {
  const report = session.report();
  return report !== undefined && report.format === "captions" && report.would_be_encoded === 0;
}

/** Handles of two drops. What came without any cannot be opened again, and the rest alone would be another dataset. */
function together(one: FileSystemHandle[], other: FileSystemHandle[]): FileSystemHandle[] {
  return one.length === 0 || other.length === 0 ? [] : [...one, ...other];
}

/** What goes beside records, with more of it. */
async function added(before: Beside, more: Beside): Promise<Beside> {
  return {
    images: await joined(before.images, more.images),
    archives: await joined(before.archives, more.archives),
    features: more.features.length > 0 ? more.features : before.features,
    scores: more.scores.length > 0 ? more.scores : before.scores,
  };
}
