// Where the encoder comes from.

import { createSignal, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import type { EncoderChoice as Choice } from "../../session/setup";
import { filesIn, itemOfHandle } from "../files/folder_walk";
import { filesOfList, type FoundFile } from "../files/found_files";
import { hostOf } from "./host";
import { HUB_ENCODER } from "./hub";
import type { ServedPart } from "./served";
import { Way } from "./way";

/** The ways to an encoder. Nothing is fetched from elsewhere before its button is pressed. */
export function EncoderChoice(props: { served: ServedPart | undefined; current: Choice; onChoose: (choice: Choice) => void }): JSX.Element {
  const [url, setUrl] = createSignal("");
  let folder: HTMLInputElement | undefined;

  const take = (files: FoundFile[]): void => {
    const [first] = files;
    if (first !== undefined) {
      // Files of the chosen folder itself, and not of folders within.
      const top = first.path.includes("/") ? first.path.slice(0, first.path.indexOf("/") + 1) : "";
      const inner = files.map(({ path, source }) => ({ path: path.slice(top.length), source })).filter(({ path }) => !path.includes("/"));
      props.onChoose({ from: "files", files: inner, name: top === "" ? t.data.encoderWithoutName : top.slice(0, -1) });
    }
  };
  const choose = async (): Promise<void> => {
    if (window.showDirectoryPicker === undefined) {
      folder?.click();
      return;
    }
    try {
      const handle = await window.showDirectoryPicker({ id: "ofa-encoder", mode: "read" });
      const { files } = await filesIn([itemOfHandle(handle)], { signal: new AbortController().signal, onFinding: () => undefined });
      take(files);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) {
        folder?.click();
      }
    }
  };

  return (
    <section aria-labelledby="encoder-heading">
      <h3 id="encoder-heading">{t.setup.encoder}</h3>
      <ul class="ways">
        <Show when={props.served}>
          {(served) => (
            <Way name={t.setup.fromServer(served().name)} isInUse={props.current.from === "server"} inUse={t.setup.inUse}>
              <button type="button" disabled={props.current.from === "server"} onClick={() => props.onChoose({ from: "server", ...served() })}>{t.setup.use}</button>
            </Way>
          )}
        </Show>
        <Way name={t.setup.fromDemo} isInUse={props.current.from === "demo"} inUse={t.setup.inUse}>
          <button type="button" disabled={props.current.from === "demo"} onClick={() => props.onChoose({ from: "demo" })}>{t.setup.use}</button>
        </Way>
        <Way name={t.setup.fromHub} hint={`${HUB_ENCODER.name}: ${t.setup.hubHint(HUB_ENCODER.bytes, HUB_ENCODER.host)}`} isInUse={props.current.from === "hub" && props.current.url === HUB_ENCODER.url} inUse={t.setup.inUse}>
          <button type="button" onClick={() => props.onChoose({ from: "hub", url: HUB_ENCODER.url, name: HUB_ENCODER.name })}>
            {t.setup.hubButton(HUB_ENCODER.bytes, HUB_ENCODER.host)}
          </button>
        </Way>
        <Way name={t.setup.fromFolder} hint={t.setup.fromFolderHint} isInUse={props.current.from === "files"} inUse={t.setup.inUse}>
          <button type="button" onClick={() => void choose()}>{t.setup.chooseFolder}</button>
          <input
            ref={(input) => {
              folder = input;
              input.webkitdirectory = true;
            }}
            class="unseen"
            type="file"
            tabindex="-1"
            aria-label={t.setup.folderInput}
            name="encoder-folder"
            onChange={(event) => {
              const chosen = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = "";
              void filesOfList(chosen).then(({ files }) => take(files));
            }}
          />
        </Way>
        <Way name={t.setup.fromUrl} hint={t.setup.urlHint} isInUse={props.current.from === "hub" && props.current.url !== HUB_ENCODER.url} inUse={t.setup.inUse}>
          <input type="url" name="encoder-url" aria-label={t.setup.url} placeholder="https://" value={url()} onInput={(event) => setUrl(event.currentTarget.value)} />
          <button type="button" disabled={hostOf(url()) === ""} onClick={() => props.onChoose({ from: "hub", url: url(), name: url() })}>
            {t.setup.urlButton(hostOf(url()))}
          </button>
        </Way>
      </ul>
    </section>
  );
}
