// What is put into the page a little later than the rest.

import { createSignal, onCleanup, Show, type JSX } from "solid-js";

import { breathe } from "./pool/breathe";

/** Its children, some turns of the page later: all of the exploration at once would be a task of some 80 ms. */
export function Afterwards(props: { turns: number; children: JSX.Element }): JSX.Element {
  const [isDue, setIsDue] = createSignal(false);
  let isGone = false;
  onCleanup(() => (isGone = true));
  const wait = async (): Promise<void> => {
    for (let left = props.turns; left > 0 && !isGone; left -= 1) {
      await breathe();
    }
    if (!isGone) {
      setIsDue(true);
    }
  };
  void wait();
  return <Show when={isDue()}>{props.children}</Show>;
}
