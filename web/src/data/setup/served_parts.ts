// What this page's server has, asked once.

import { createSignal } from "solid-js";

import { askServer, type Served } from "./served";

const [served, setServed] = createSignal<Served>({});

/** What the server has, as far as it has answered. */
export { served };

/** Asks it. */
export async function learnServed(): Promise<Served> {
  const found = await askServer();
  setServed(found);
  return found;
}
