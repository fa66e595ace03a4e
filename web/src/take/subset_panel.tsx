// The subset: in which format, with or without its images, under which name.

import { createMemo, createSignal, For, Show, type JSX } from "solid-js";

import type { DatasetInfo } from "ofa";

import { t } from "../messages";
import { useSession } from "../session/context";
import { manifestName, manifestOutput, subsetOutput, subsetZipOutput } from "./outputs";
import type { Saving } from "./saving";
import { fileName, formatsOf, plainStem, type TakenFormat } from "./subset_formats";

/** What the subset is taken away as. */
export function SubsetPanel(props: { dataset: DatasetInfo; saving: Saving }): JSX.Element {
  const session = useSession();
  const [stem, setStem] = createSignal("subset");
  const [wanted, setWanted] = createSignal<TakenFormat>("source");
  const [wantsImages, setWantsImages] = createSignal(false);
  const isInZip = (): boolean => {
    const files = session.input()?.files ?? [];
    return files.length === 1 && /\.zip$/iu.test(files[0]?.path ?? "");
  };
  const formats = createMemo(() => formatsOf(props.dataset.format, isInZip()));
  const format = (): TakenFormat => (formats().includes(wanted()) ? wanted() : "source");
  // That zip has its images already.
  const hasImages = (): boolean => wantsImages() && format() !== "zip";
  const name = (): string => fileName(plainStem(stem()), format(), props.dataset.format);
  const savedName = (): string => (hasImages() ? `${plainStem(stem())}.zip` : name());
  const isReady = (): boolean => (session.chosen()?.selection.positions.length ?? 0) > 0;

  const saveSubset = (): Promise<void> =>
    props.saving.begin((telling) =>
      hasImages()
        ? subsetZipOutput(session.selector(), name(), format(), savedName(), telling)
        : subsetOutput(session.selector(), name(), format()),
    );
  const saveManifest = (): Promise<void> => props.saving.begin(() => manifestOutput(session.selector(), name(), format()));

  return (
    <div class="card stack take-subset">
      <h3>{t.take.subset}</h3>
      <div class="take-fields">
        <label class="field">
          <span>{t.take.format}</span>
          <select value={format()} onChange={(event) => setWanted(event.currentTarget.value as TakenFormat)}>
            <For each={formats()}>{(each) => <option value={each}>{t.take.formats[each](props.dataset.format)}</option>}</For>
          </select>
        </label>
        <label class="field">
          <span>{t.take.name}</span>
          <input type="text" value={stem()} autocomplete="off" spellcheck={false} onInput={(event) => setStem(event.currentTarget.value)} />
        </label>
      </div>
      <p class="quiet">{t.take.formatNotes[format()]}</p>
      <Show when={format() !== "zip"}>
        <label class="check">
          <input type="checkbox" checked={wantsImages()} onChange={(event) => setWantsImages(event.currentTarget.checked)} />
          <span>{t.take.withImages}</span>
        </label>
      </Show>
      <div class="row">
        <button type="button" class="primary" disabled={!isReady()} aria-disabled={props.saving.isGoing()} onClick={() => void saveSubset()}>
          {t.take.save(savedName())}
        </button>
        <Show when={!hasImages()}>
          <button type="button" disabled={!isReady()} aria-disabled={props.saving.isGoing()} onClick={() => void saveManifest()}>
            {t.take.save(manifestName(name()))}
          </button>
        </Show>
      </div>
      <p class="quiet">{hasImages() ? t.take.manifestInZip(manifestName(name())) : t.take.manifestNote}</p>
    </div>
  );
}
