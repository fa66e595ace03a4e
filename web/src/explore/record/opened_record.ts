// Which record is open, as the page's address says it: `#record=17`, beside whatever else stands there.

import { createSignal, onCleanup, type Accessor } from "solid-js";

const KEY = "record";

/** The position of the open record, and its setter. The address follows, and is followed. */
export function createOpenedRecord(): [Accessor<number | undefined>, (position: number | undefined) => void] {
  const [opened, setOpened] = createSignal(fromAddress());
  const follow = (): void => {
    setOpened(fromAddress());
  };
  window.addEventListener("hashchange", follow);
  window.addEventListener("popstate", follow);
  onCleanup(() => {
    window.removeEventListener("hashchange", follow);
    window.removeEventListener("popstate", follow);
  });
  const set = (position: number | undefined): void => {
    const words = new URLSearchParams(location.hash.slice(1));
    if (position === undefined) {
      words.delete(KEY);
    } else {
      words.set(KEY, String(position));
    }
    const hash = words.toString();
    // From record to record the same place in the history is kept: "back" leaves the record's page.
    const isMove = opened() !== undefined || position === undefined;
    const address = `${location.pathname}${location.search}${hash === "" ? "" : `#${hash}`}`;
    history[isMove ? "replaceState" : "pushState"](history.state, "", address);
    setOpened(position);
  };
  return [opened, set];
}

function fromAddress(): number | undefined {
  const text = new URLSearchParams(location.hash.slice(1)).get(KEY);
  return text !== null && /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
}
