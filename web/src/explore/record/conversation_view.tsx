// A record's conversation, turn by turn, and its JSON on demand.

import { createMemo, createSignal, For, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { parseRecord, type Speaker } from "./conversation";

/** JSON that is shown; more of it would hold up the page. */
const SHOWN = 200_000;

/** The whole conversation. */
export function Conversation(props: { text: string }): JSX.Element {
  const words = t.explore.record;
  const parsed = createMemo(() => parseRecord(props.text));
  const [isOpen, setIsOpen] = createSignal(false);
  const speaker = (of: Speaker): string => (Object.hasOwn(words.speakers, of) ? words.speakers[of as "human"] : of);
  return (
    <section class="stack" aria-labelledby="record-conversation">
      <h3 id="record-conversation">{words.conversation(parsed().turns.length)}</h3>
      <ol class="turns">
        <For each={parsed().turns}>
          {(turn) => (
            <li class="turn" classList={{ "is-human": turn.speaker === "human" }}>
              <span class="speaker">{speaker(turn.speaker)}</span>
              <p>{turn.text}</p>
            </li>
          )}
        </For>
      </ol>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>{words.raw}</summary>
        <Show when={isOpen()}>
          <pre class="scroll mono" tabindex="0" role="region" aria-label={words.raw}>{indented(props.text).slice(0, SHOWN)}</pre>
          <Show when={props.text.length > SHOWN}>
            <p class="quiet small">{words.rawCut(SHOWN)}</p>
          </Show>
        </Show>
      </details>
    </section>
  );
}

/** JSON with its structure shown. One with numbers that JavaScript would round stays as it is. */
function indented(text: string): string {
  if (/\d{16}/u.test(text)) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
