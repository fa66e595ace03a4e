// Where the selector comes from.

import type { JSX } from "solid-js";

import { t } from "../../messages";
import type { SelectorChoice as Choice } from "../../session/setup";
import { FromAddress } from "./from_address";
import { OwnWays } from "./own_ways";
import type { ServedPart } from "./served";
import { Way } from "./way";

/** The ways to a selector. */
export function SelectorChoice(props: { served: ServedPart | undefined; current: Choice; onChoose: (choice: Choice) => void }): JSX.Element {
  let file: HTMLInputElement | undefined;
  return (
    <section aria-labelledby="selector-heading">
      <h3 id="selector-heading">{t.setup.selector}</h3>
      <ul class="ways">
        <OwnWays served={props.served} from={props.current.from} onChoose={props.onChoose} />
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
        <FromAddress
          part="selector"
          label={t.setup.selectorUrl}
          isInUse={props.current.from === "url"}
          onChoose={(url) => props.onChoose({ from: "url", url })}
        />
      </ul>
    </section>
  );
}
