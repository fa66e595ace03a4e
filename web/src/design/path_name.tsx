// A path that breaks where people would break it.

import { For, type JSX } from "solid-js";

/** A path. Where it is too long for a line, it is broken after a slash or an underscore. */
export function PathName(props: { path: string }): JSX.Element {
  return (
    <For each={props.path.match(/[^/_]*[/_]+|[^/_]+$/gu) ?? []}>
      {(part) => (
        <>
          {part}
          <wbr />
        </>
      )}
    </For>
  );
}
