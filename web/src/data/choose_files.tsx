// Buttons for those who do not drop.

import type { JSX } from "solid-js";

import { t } from "../messages";
import type { Dropping } from "./dropping";

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

  const chooseFolder = async (): Promise<void> => {
    if (window.showDirectoryPicker === undefined) {
      folder?.click();
      return;
    }
    try {
      const handle = await window.showDirectoryPicker({ id: "ofa-data", mode: "read" });
      await props.dropping.takeHandles([handle]);
    } catch (error) {
      // The dialog was cancelled, or this page lies in a frame that may not open it.
      if (!(error instanceof DOMException && error.name === "AbortError")) {
        folder?.click();
      }
    }
  };

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
