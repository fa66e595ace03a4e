// One of several ways to get something.

import type { JSX } from "solid-js";

/** A name, an explanation, and what it takes. */
export function Way(props: { name: string; hint?: string | undefined; isInUse: boolean; inUse: string; children: JSX.Element }): JSX.Element {
  return (
    <li class="way" classList={{ "in-use": props.isInUse }}>
      <p class="way-name">
        {props.name}
        {props.isInUse ? <span class="way-mark">{props.inUse}</span> : undefined}
      </p>
      {props.hint === undefined ? undefined : <p class="quiet">{props.hint}</p>}
      <div class="row">{props.children}</div>
    </li>
  );
}
