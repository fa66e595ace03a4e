// Which record is open, as the page's address says it: `?record=17`. What stands after the `#` is the settings'.

import { createSignal, onCleanup, type Accessor } from "solid-js";

const KEY = "record";

/** The position of the open record, and its setter. The address follows, and is followed. */
export function createOpenedRecord(): [Accessor<number | undefined>, (position: number | undefined) => void] {
  const [opened, setOpened] = createSignal(fromAddress());
  const follow = (): void => {
    setOpened(fromAddress());
  };
  window.addEventListener("popstate", follow);
  onCleanup(() => {
    window.removeEventListener("popstate", follow);
    // Of other scores it would be another record.
    if (opened() !== undefined) {
      history.replaceState(history.state, "", addressOf(undefined));
    }
  });
  const set = (position: number | undefined): void => {
    // From record to record the same place in the history is kept: "back" leaves the record's page.
    const isEntry = opened() === undefined && position !== undefined;
    history[isEntry ? "pushState" : "replaceState"](history.state, "", addressOf(position));
    setOpened(position);
  };
  return [opened, set];
}

/** The page's address with a record, or without one. */
function addressOf(position: number | undefined): string {
  const query = new URLSearchParams(location.search);
  if (position === undefined) {
    query.delete(KEY);
  } else {
    query.set(KEY, String(position));
  }
  const text = query.toString();
  return `${location.pathname}${text === "" ? "" : `?${text}`}${location.hash}`;
}

function fromAddress(): number | undefined {
  const text = new URLSearchParams(location.search).get(KEY);
  return text !== null && /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
}
