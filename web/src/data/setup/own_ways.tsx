// What the server has and what comes with the page: ways that an encoder and a selector have alike.

import { Show, type JSX } from "solid-js";

import { t } from "../../messages";
import type { ServedPart } from "./served";
import { Way } from "./way";

/** What can be taken without a choice of a file or an address. */
type OwnChoice = ({ from: "server" } & ServedPart) | { from: "demo" };

/** The ways to it. */
export function OwnWays(props: { served: ServedPart | undefined; from: string; onChoose: (choice: OwnChoice) => void }): JSX.Element {
  return (
    <>
      <Show when={props.served}>
        {(served) => (
          <Way name={t.setup.fromServer(served().name)} isInUse={props.from === "server"} inUse={t.setup.inUse}>
            <Show when={props.from !== "server"}>
              <button type="button" onClick={() => props.onChoose({ from: "server", ...served() })}>{t.setup.use}</button>
            </Show>
          </Way>
        )}
      </Show>
      <Way name={t.setup.fromDemo} isInUse={props.from === "demo"} inUse={t.setup.inUse}>
        <Show when={props.from !== "demo"}>
          <button type="button" onClick={() => props.onChoose({ from: "demo" })}>{t.setup.use}</button>
        </Show>
      </Way>
    </>
  );
}
