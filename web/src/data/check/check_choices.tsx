// What to decide before a run: records without an image, and with several.

import { For, Show, type JSX } from "solid-js";

import type { CheckReport } from "ofa";

import { t } from "../../messages";
import { useSession } from "../../session/context";

/** The choices that this dataset asks for; none where it has neither kind of record. */
export function CheckChoices(props: { report: CheckReport; isDisabled: boolean }): JSX.Element {
  const session = useSession();
  return (
    <>
      <Show when={props.report.text_only > 0}>
        <Choice
          name="text-only"
          legend={t.check.textOnly.legend(props.report.text_only)}
          options={[
            ["exclude", t.check.textOnly.exclude],
            ["keep", t.check.textOnly.keep],
          ]}
          chosen={session.request().textOnly}
          isDisabled={false}
          onChoose={(textOnly) => session.ask({ textOnly })}
        />
      </Show>
      <Show when={props.report.several_images > 0}>
        <Choice
          name="several-images"
          legend={t.check.severalImages.legend(props.report.several_images)}
          options={[
            ["mean", t.check.severalImages.mean],
            ["first", t.check.severalImages.first],
            ["skip", t.check.severalImages.skip],
          ]}
          chosen={session.multiImage()}
          isDisabled={props.isDisabled || session.scores() !== undefined}
          onChoose={(how) => session.setMultiImage(how)}
        />
      </Show>
    </>
  );
}

function Choice<V extends string>(props: {
  name: string;
  legend: string;
  options: readonly (readonly [value: V, words: string])[];
  chosen: V;
  isDisabled: boolean;
  onChoose: (value: V) => void;
}): JSX.Element {
  return (
    <fieldset class="check-choice" disabled={props.isDisabled}>
      <legend>{props.legend}</legend>
      <div class="row">
        <For each={props.options}>
          {([value, words]) => (
            <label>
              <input type="radio" name={props.name} value={value} checked={props.chosen === value} onChange={() => props.onChoose(value)} />
              {words}
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}
