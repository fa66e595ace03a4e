// Where the images of a dataset come from.

import { For, Show, type JSX } from "solid-js";

import type { CheckReport } from "ofa";

import { PathName } from "../../design/path_name";
import { t } from "../../messages";

/** The folders that most images lie in. */
export function SourceFolders(props: { report: CheckReport }): JSX.Element {
  return (
    <Show when={props.report.folders.length > 0}>
      <div class="scroll">
        <table class="folders">
          <caption>{t.check.folders.label}</caption>
          <thead>
            <tr>
              <th scope="col">{t.check.folders.folder}</th>
              <th scope="col" class="number">{t.check.folders.images}</th>
              <th scope="col" class="number">{t.check.folders.missing}</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.report.folders}>
              {({ folder, images, not_located: missing }) => (
                <tr>
                  <th scope="row" class="mono"><PathName path={folder === "" ? "." : folder} /></th>
                  <td class="number">{t.number(images)}</td>
                  <td class="number">{t.number(missing)}</td>
                </tr>
              )}
            </For>
            <Show when={props.report.other_folders.folders > 0}>
              <tr>
                <th scope="row">{t.check.folders.others(props.report.other_folders.folders)}</th>
                <td class="number">{t.number(props.report.other_folders.images)}</td>
                <td class="number">{t.number(props.report.other_folders.not_located)}</td>
              </tr>
            </Show>
          </tbody>
        </table>
      </div>
    </Show>
  );
}
