// A path that breaks where people would break it.

import { For, type JSX } from "solid-js";

/** Letters of a name that may be too many for a line of its own. */
const LONG = 20;

/** A path. Where it is too long for a line, it is broken after a slash, and a long name in it after an underscore, too. */
export function PathName(props: { path: string }): JSX.Element {
  return (
    <For each={piecesOf(props.path)}>
      {(part) => (
        <>
          {part}
          <wbr />
        </>
      )}
    </For>
  );
}

function piecesOf(path: string): string[] {
  const names = path.match(/[^/]*\/+|[^/]+$/gu) ?? [];
  return names.flatMap((name) => (name.length > LONG ? (name.match(/[^_]*_+|[^_]+$/gu) ?? []) : [name]));
}
