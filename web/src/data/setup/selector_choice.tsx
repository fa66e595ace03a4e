// Where the selector comes from.

import { createSignal, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import type { SelectorChoice as Choice } from "../../session/setup";
import { hostOf } from "./host";
import type { ServedPart } from "./served";
import { Way } from "./way";

/** The ways to a selector. */
export function SelectorChoice(props: { served: ServedPart | undefined; current: Choice; onChoose: (choice: Choice) => void }): JSX.Element {
  const [url, setUrl] = createSignal("");
  let file: HTMLInputElement | undefined;
  return (
    <section aria-labelledby="selector-heading">
      <h3 id="selector-heading">{t.setup.selector}</h3>
      <ul class="ways">
        <Show when={props.served}>
          {(served) => (
            <Way name={t.setup.fromServer(served().name)} isInUse={props.current.from === "server"} inUse={t.setup.inUse}>
              <button type="button" disabled={props.current.from === "server"} onClick={() => props.onChoose({ from: "server", ...served() })}>{t.setup.use}</button>
            </Way>
          )}
        </Show>
        <Way name={t.setup.fromDemo} isInUse={props.current.from === "demo"} inUse={t.setup.inUse}>
          <button type="button" disabled={props.current.from === "demo"} onClick={() => props.onChoose({ from: "demo" })}>{t.setup.use}</button>
        </Way>
        <Way name={t.setup.fromFile} isInUse={props.current.from === "file"} inUse={t.setup.inUse}>
          <button type="button" onClick={() => file?.click()}>{t.setup.chooseFile}</button>
          <input
            ref={(input) => (file = input)}
            class="unseen"
            type="file"
            accept=".safetensors"
            tabindex="-1"
            aria-label={t.setup.fileInput}
            name="selector-file"
            onChange={(event) => {
              const [chosen] = event.currentTarget.files ?? [];
              event.currentTarget.value = "";
              if (chosen !== undefined) {
                props.onChoose({ from: "file", file: chosen });
              }
            }}
          />
        </Way>
        <Way name={t.setup.fromUrl} isInUse={props.current.from === "url"} inUse={t.setup.inUse}>
          <input type="url" name="selector-url" aria-label={t.setup.selectorUrl} placeholder="https://" value={url()} onInput={(event) => setUrl(event.currentTarget.value)} />
          <button type="button" disabled={hostOf(url()) === ""} onClick={() => props.onChoose({ from: "url", url: url() })}>
            {t.setup.urlButton(hostOf(url()))}
          </button>
        </Way>
      </ul>
    </section>
  );
}
