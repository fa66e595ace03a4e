// Choosing, as the request changes.

import { batch, createSignal, type Accessor } from "solid-js";

import type { ScoreColumns, Selector } from "ofa";

import type { Chosen } from "./chosen";
import { isInstant, selectOptions, type Request } from "./request";

/** A choice that takes long. */
export interface Choosing {
  done: number;
  of: number;
}

/** The choices of a session. */
export interface Choice {
  chosen: Accessor<Chosen | undefined>;
  choosing: Accessor<Choosing | undefined>;
  choose(): Promise<void>;
  /** Chooses where the method takes no time: of many changes only the last is worth it. */
  follow(): Promise<void>;
  cancel(): void;
  /** Forgets what was chosen; a choice that goes on ends. */
  forget(): void;
}

/** Makes the choices of a session. */
export function createChoice(of: {
  selector: () => Selector | undefined;
  scores: Accessor<ScoreColumns | undefined>;
  request: Accessor<Request>;
  onProblem: (error: unknown) => void;
}): Choice {
  const [chosen, setChosen] = createSignal<Chosen>();
  const [choosing, setChoosing] = createSignal<Choosing>();
  let latest: AbortController | undefined;

  const choose = async (): Promise<void> => {
    const selector = of.selector();
    const columns = of.scores();
    if (selector === undefined || columns === undefined) {
      return;
    }
    latest?.abort();
    const controller = new AbortController();
    latest = controller;
    const isLatest = (): boolean => latest === controller;
    const asked = of.request();
    setChoosing(isInstant(asked.method) ? undefined : { done: 0, of: 0 });
    try {
      const selection = await selector.select({
        ...selectOptions(asked),
        signal: controller.signal,
        onProgress: (done, of) => isLatest() && setChoosing({ done, of }),
      });
      if (isLatest()) {
        setChosen({ selection, scores: columns });
      }
    } catch (error) {
      if (isLatest()) {
        of.onProblem(error);
      }
    } finally {
      if (isLatest()) {
        setChoosing(undefined);
      }
    }
  };

  let isFollowing = false;
  let isStale = false;
  const follow = async (): Promise<void> => {
    if (isFollowing) {
      isStale = true;
      return;
    }
    isFollowing = true;
    try {
      do {
        isStale = false;
        await choose();
      } while (isStale && isInstant(of.request().method));
    } finally {
      isFollowing = false;
    }
  };

  const cancel = (): void => {
    latest?.abort();
    latest = undefined;
    setChoosing(undefined);
  };

  return {
    chosen,
    choosing,
    choose,
    follow,
    cancel,
    forget: () =>
      batch(() => {
        cancel();
        setChosen(undefined);
      }),
  };
}
