// What was found before any work.

import { createMemo, For, Match, Show, Switch, type JSX } from "solid-js";

import type { CheckReport } from "ofa";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { CheckChoices } from "./check_choices";
import { CheckFacts } from "./check_facts";
import { CheckSum } from "./check_sum";
import { SourceFolders } from "./source_folders";
import "./check_report.css";

/** The report of the check, and what to decide because of it. */
export function CheckReportView(): JSX.Element {
  const session = useSession();
  const isChecking = (): boolean => session.phase() === "checking";
  return (
    <section class="stack check" aria-labelledby="check-heading">
      <h3 id="check-heading" class="out-of-sight">{t.check.heading}</h3>
      <Switch>
        <Match when={isChecking()}>
          <Checking />
        </Match>
        <Match when={session.report() === undefined && session.phase() === "ready"}>
          <div class="row">
            <p>{t.check.none}</p>
            <button type="button" onClick={() => void session.check()}>{t.check.again}</button>
          </div>
        </Match>
      </Switch>
      <Show when={session.report()}>{(report) => <Report report={report()} />}</Show>
    </section>
  );
}

function Checking(): JSX.Element {
  const session = useSession();
  const of = (): number => session.checking()?.records ?? session.dataset()?.records ?? 0;
  const done = (): number => session.checking()?.recordsDone ?? 0;
  return (
    <div class="row checking">
      <progress aria-label={t.stages.check} max={Math.max(1, of())} value={done()} />
      <p>
        {t.check.going(done(), of())}, {t.check.images(session.checking()?.imagesDecoded ?? 0)}
      </p>
      <button type="button" onClick={() => session.cancel()}>{t.check.stop}</button>
    </div>
  );
}

function Report(props: { report: CheckReport }): JSX.Element {
  const session = useSession();
  // Once work goes on, the report is what is looked up and no longer what is decided on.
  const isDecided = (): boolean => session.phase() === "running" || session.scores() !== undefined;
  const whole = (): string => t.check.whole(props.report.records, props.report.would_be_encoded);
  return (
    <Show
      when={isDecided()}
      fallback={
        <div class="stack">
          <p class="check-whole">
            {whole()} <Sampled report={props.report} />
          </p>
          <Decisions report={props.report} />
          <details class="check-more" open>
            <summary>{t.check.more}</summary>
            <Details report={props.report} />
          </details>
        </div>
      }
    >
      <details class="check-more">
        <summary>
          {whole()} <Sampled report={props.report} />
        </summary>
        <div class="stack">
          <Decisions report={props.report} />
          <Details report={props.report} />
        </div>
      </details>
    </Show>
  );
}

/** Says so where not every image was tried: others may turn out to be broken. After a run that is known. */
function Sampled(props: { report: CheckReport }): JSX.Element {
  const session = useSession();
  const images = (): number => props.report.distinct_images - notLocated(props.report);
  return (
    <Show when={session.scores() === undefined && !props.report.deep && props.report.images_sampled < images()}>
      <span class="check-sampled">{t.check.sampled(props.report.images_sampled, images())}</span>
    </Show>
  );
}

function notLocated({ images_not_located: byReason }: CheckReport): number {
  return Object.values(byReason).reduce((sum, count) => sum + count, 0);
}

function Decisions(props: { report: CheckReport }): JSX.Element {
  const session = useSession();
  return (
    <>
      <CheckSum report={props.report} />
      <Lacking report={props.report} />
      <CheckChoices report={props.report} isDisabled={session.phase() === "running"} />
    </>
  );
}

function Details(props: { report: CheckReport }): JSX.Element {
  const session = useSession();
  const isWorking = (): boolean => ["running", "checking"].includes(session.phase());
  return (
    <>
      <div class="check-columns">
        <CheckFacts report={props.report} />
        <SourceFolders report={props.report} />
        <SkippedExamples report={props.report} />
        <Show when={props.report.remarks.length > 0}>
          <div>
            <h4>{t.check.remarks}</h4>
            <ul>
              <For each={props.report.remarks}>{(remark) => <li>{remark}</li>}</For>
            </ul>
          </div>
        </Show>
      </div>
      <div class="row">
        <Show when={!props.report.deep} fallback={<p class="quiet">{t.check.deepDone}</p>}>
          <button type="button" disabled={isWorking()} onClick={() => void session.check(true)}>{t.check.deep}</button>
          <p class="quiet">{t.check.deepHint}</p>
        </Show>
      </div>
    </>
  );
}

function Lacking(props: { report: CheckReport }): JSX.Element {
  const words = (): string | undefined => {
    const { format, would_be_encoded: encoded, images_missing: missing, distinct_images: distinct } = props.report;
    if (format === "captions" && encoded === 0) {
      return t.data.lacking.onlyImages;
    }
    if (missing === 0) {
      return undefined;
    }
    return missing === distinct ? t.data.lacking.all(distinct) : t.data.lacking.some(missing, distinct);
  };
  return (
    <Show when={words()}>
      {(words) => (
        <div class="notice warning">
          <p>{words()}</p>
        </div>
      )}
    </Show>
  );
}

function SkippedExamples(props: { report: CheckReport }): JSX.Element {
  const kinds = createMemo(() =>
    Object.entries(props.report.skipped).filter(([reason, { examples }]) => reason !== "text_only" && examples.length > 0),
  );
  return (
    <Show when={kinds().length > 0}>
      <div>
        <h4>{t.check.examples}</h4>
        <ul class="check-examples">
          <For each={kinds()}>
            {([reason, { examples }]) => (
              <For each={examples}>
                {({ index, id, detail }) => (
                  <li>
                    {t.check.example(index, id)}: {detail === "" ? t.reason(reason) : <span class="mono">{detail}</span>}
                  </li>
                )}
              </For>
            )}
          </For>
        </ul>
      </div>
    </Show>
  );
}
