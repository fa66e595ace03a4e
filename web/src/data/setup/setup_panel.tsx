// What the page computes with: encoder, selector, backend; and what is kept of them.

import { createSignal, Match, onMount, Show, Switch, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import type { Setup } from "../../session/setup";
import { BackendChoice } from "./backend_choice";
import { EncoderChoice } from "./encoder_choice";
import { mismatchOf } from "./fit";
import { SelectorChoice } from "./selector_choice";
import { served } from "./served_parts";
import { StoredList } from "./stored_list";
import "./setup_panel.css";

/** The setup in a line, and everything that can be changed of it. */
export function SetupPanel(): JSX.Element {
  const session = useSession();
  const [isOpen, setIsOpen] = createSignal(false);
  const isRunning = (): boolean => session.phase() === "running";
  const change = (part: Partial<Setup>): void => void session.change(part);
  onMount(() => void session.prepare());
  return (
    <div class="card setup" id="setup">
      <div class="setup-line">
        <dl>
          <div>
            <dt>{t.setup.encoder}</dt>
            <dd>
              {encoderName(session.setup())}
              <Show when={session.about()?.encoder}>
                {(encoder) => (
                  <span class="quiet"> {t.setup.encoderOf(encoder().embeddingDim, encoder().imageSize, encoder().weightBytes)}</span>
                )}
              </Show>
            </dd>
          </div>
          <div>
            <dt>{t.setup.selector}</dt>
            <dd>
              {selectorName(session.setup())}
              <Show when={session.about()?.selector.config}>
                {(config) => <span class="quiet"> {t.setup.selectorOf(config().num_clusters, config().feature_dim)}</span>}
              </Show>
            </dd>
          </div>
          <div>
            <dt>{t.setup.backend}</dt>
            <dd>
              <Show when={session.about()?.backend} fallback={session.isPreparing() ? t.setup.preparing : t.setup.notReady}>
                {(backend) => (
                  <>
                    {t.setup.backendIs[backend().backend]}, {t.setup.workers(backend().workers)}
                    <span class="quiet"> {backend().reason}</span>
                  </>
                )}
              </Show>
            </dd>
          </div>
        </dl>
        <button type="button" aria-expanded={isOpen()} aria-controls="setup-choices" onClick={() => setIsOpen((open) => !open)}>
          {isOpen() ? t.setup.done : t.setup.change}
        </button>
      </div>
      <Download />
      <Fit />
      <Show when={isOpen()}>
        <fieldset id="setup-choices" class="setup-choices" disabled={isRunning()}>
          <legend class="out-of-sight">{t.setup.heading}</legend>
          <EncoderChoice served={served().encoder} current={session.setup().encoder} onChoose={(encoder) => change({ encoder })} />
          <SelectorChoice served={served().selector} current={session.setup().selector} onChoose={(selector) => change({ selector })} />
          <BackendChoice current={session.setup().backend} onChoose={(backend) => change({ backend })} />
        </fieldset>
        <StoredList />
      </Show>
    </div>
  );
}

function encoderName({ encoder }: Setup): string {
  return encoder.from === "demo" ? t.setup.demoEncoder : encoder.name;
}

function selectorName({ selector }: Setup): string {
  switch (selector.from) {
    case "demo":
      return t.setup.demoSelector;
    case "server":
      return selector.name;
    case "file":
      return selector.file.name;
    case "url":
      return selector.url;
  }
}

/** Weights on their way here. */
function Download(): JSX.Element {
  const session = useSession();
  const downloading = (): { bytes: number; of: number } | undefined =>
    session.isPreparing() && session.progress().stage === "downloading" ? (session.progress().downloading ?? { bytes: 0, of: 0 }) : undefined;
  return (
    <Show when={downloading()}>
      {(downloading) => (
        <div class="row setup-download">
          <Show when={downloading().of > 0} fallback={<progress aria-label={t.stages.downloading} />}>
            <progress aria-label={t.stages.downloading} max={downloading().of} value={downloading().bytes} />
          </Show>
          <p>
            {t.stages.downloading}: {t.setup.download(downloading().bytes, downloading().of)}
          </p>
          <button type="button" onClick={() => void session.change({ encoder: { from: "demo" } })}>{t.setup.cancel}</button>
        </div>
      )}
    </Show>
  );
}

/** Says where encoder and selector do not belong together, or are the demo's. */
function Fit(): JSX.Element {
  const session = useSession();
  const mismatch = (): ReturnType<typeof mismatchOf> => mismatchOf(session.about());
  const isDemo = (): boolean => session.setup().encoder.from === "demo" && session.setup().selector.from === "demo";
  const isDemoData = (): boolean => session.dataset()?.name === t.data.demoName;
  return (
    <Switch>
      <Match when={mismatch()}>
        {(mismatch) => (
          <div class="notice warning stack" role="status">
            <p>
              {(() => {
                const found = mismatch();
                return found.kind === "width"
                  ? t.setup.mismatch.dims(found.selector, found.encoder)
                  : `${t.setup.mismatch.text} ${t.setup.mismatch.expected(found.expected)}`;
              })()}
            </p>
            <p>{t.setup.mismatch.way}</p>
            <div>
              <button type="button" onClick={() => void session.change({ encoder: { from: "demo" }, selector: { from: "demo" } })}>
                {t.setup.mismatch.demo}
              </button>
            </div>
          </div>
        )}
      </Match>
      <Match when={isDemo() && !isDemoData() && session.phase() !== "running"}>
        <p class="notice">{t.setup.demoWarning}</p>
      </Match>
    </Switch>
  );
}
