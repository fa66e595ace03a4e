// How far the looking through folders is.

import type { JSX } from "solid-js";

import { t } from "../messages";
import type { Finding as Found } from "./files/found_files";

/** A count that grows, and a way to stop. */
export function Finding(props: { finding: Found; onStop: () => void }): JSX.Element {
  return (
    <div class="row finding">
      <progress aria-label={t.data.finding(0, 0)} />
      <p>{t.data.finding(props.finding.files, props.finding.folders)}</p>
      <button type="button" onClick={() => props.onStop()}>{t.data.stop}</button>
    </div>
  );
}
