// Buttons for those who do not drop.

import type { JSX } from "solid-js";

import { t } from "../messages";
import type { Dropping } from "./dropping";
import { pickFolder } from "./files/folder_dialog";

/** Buttons that open the browser's own dialogs for files and folders. */
export function ChooseFiles(props: { dropping: Dropping; isPrimary?: boolean }): JSX.Element {
  let files: HTMLInputElement | undefined;
  let folder: HTMLInputElement | undefined;

  const take = (input: HTMLInputElement): void => {
    // A list of an input is emptied with it.
    const chosen = [...(input.files ?? [])];
    input.value = "";
    void props.dropping.takeList(chosen);
  };

  const chooseFolder = (): Promise<void> =>
    pickFolder("ofa-data", (handle) => props.dropping.takeHandles([handle]), () => folder?.click());

  return (
    <div class="row">
      <button type="button" classList={{ primary: props.isPrimary ?? false }} onClick={() => void chooseFolder()}>
        {t.data.chooseFolder}
      </button>
      <button type="button" onClick={() => files?.click()}>{t.data.chooseFiles}</button>
      <input ref={(input) => (files = input)} class="unseen" type="file" multiple tabindex="-1" aria-label={t.data.fileInput} name="data-files" onChange={(event) => take(event.currentTarget)} />
      <input
        ref={(input) => {
          folder = input;
          input.webkitdirectory = true;
        }}
        class="unseen"
        type="file"
        tabindex="-1"
        aria-label={t.data.folderInput}
        name="data-folder"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}
