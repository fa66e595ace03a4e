// What the browser keeps, and how to be rid of it.

import { For, onMount, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";

interface Kept {
  what: string;
  bytes: number;
  isComplete: boolean;
  remove(): Promise<void>;
}

/** Features and encoders that are kept, with their sizes. */
export function StoredList(): JSX.Element {
  const session = useSession();
  onMount(() => void session.stored.read());
  const kept = (): Kept[] => [
    ...session.stored.features().map(({ id, dataset, bytes, complete }) => ({
      what: t.setup.stored.features(dataset),
      bytes,
      isComplete: complete,
      remove: () => session.stored.deleteFeatures(id),
    })),
    ...session.stored.encoders().map(({ id, url, bytes, complete }) => ({
      what: t.setup.stored.encoder(url),
      bytes,
      isComplete: complete,
      remove: () => session.stored.deleteEncoder(id),
    })),
  ];
  const total = (): number => kept().reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <section id="stored" class="stored" aria-labelledby="stored-heading" tabindex="-1">
      <h3 id="stored-heading">{t.setup.stored.heading}</h3>
      <Show when={kept().length > 0} fallback={<p class="quiet">{t.setup.stored.none}</p>}>
        <div class="scroll">
          <table>
            <caption>{t.setup.stored.total(total())}</caption>
            <thead>
              <tr>
                <th scope="col">{t.setup.stored.what}</th>
                <th scope="col" class="number">{t.setup.stored.size}</th>
                <th scope="col">{t.setup.stored.state}</th>
                <th scope="col"><span class="out-of-sight">{t.setup.stored.delete}</span></th>
              </tr>
            </thead>
            <tbody>
              <For each={kept()}>
                {({ what, bytes, isComplete, remove }) => (
                  <tr>
                    <th scope="row">{what}</th>
                    <td class="number">{t.bytes(bytes)}</td>
                    <td>{isComplete ? t.setup.stored.complete : t.setup.stored.partial}</td>
                    <td>
                      <button type="button" aria-label={t.setup.stored.deleteOf(what)} disabled={session.phase() === "running"} onClick={() => void remove()}>
                        {t.setup.stored.delete}
                      </button>
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </section>
  );
}
