// A dataset that was dropped while another one is being worked on.

import { createEffect, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import type { Replacement } from "./dropping";

/** Says what would be lost, and asks. */
export function ReplaceDialog(props: { replacement: Replacement | undefined }): JSX.Element {
  const session = useSession();
  const kind = (): Replacement["kind"] => props.replacement?.kind ?? "dataset";
  let dialog: HTMLDialogElement | undefined;
  createEffect(() => {
    if (props.replacement !== undefined) {
      dialog?.showModal();
    } else {
      dialog?.close();
    }
  });
  return (
    <dialog ref={(element) => (dialog = element)} class="dialog" aria-labelledby="replace-heading" onCancel={() => props.replacement?.refuse()}>
      <div class="stack">
        <h2 id="replace-heading">{t.data.replace.headings[kind()]}</h2>
        <p>{props.replacement?.sentence}.</p>
        <p>{session.phase() === "running" ? t.data.replace.running : t.data.replace.scored}</p>
        <div class="row">
          <button type="button" class="primary" onClick={() => props.replacement?.accept()}>
            {t.data.replace.accept[kind()]}
          </button>
          <button type="button" onClick={() => props.replacement?.refuse()}>{t.data.replace.refuse}</button>
        </div>
      </div>
    </dialog>
  );
}
