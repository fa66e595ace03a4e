// Where the encoder comes from.

import type { JSX } from "solid-js";

import { t } from "../../messages";
import type { EncoderChoice as Choice } from "../../session/setup";
import { pickFolder } from "../files/folder_dialog";
import { filesIn, itemOfHandle } from "../files/folder_walk";
import { filesOfList, type FoundFile } from "../files/found_files";
import { FromAddress } from "./from_address";
import { HUB_ENCODER } from "./hub";
import { OwnWays } from "./own_ways";
import type { ServedPart } from "./served";
import { Way } from "./way";

/** The ways to an encoder. Nothing is fetched from elsewhere before its button is pressed. */
export function EncoderChoice(props: { served: ServedPart | undefined; current: Choice; onChoose: (choice: Choice) => void }): JSX.Element {
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
  const read = async (handle: FileSystemDirectoryHandle): Promise<void> => {
    const { files } = await filesIn([itemOfHandle(handle)], { signal: new AbortController().signal, onFinding: () => undefined });
    take(files);
  };
  const choose = (): Promise<void> => pickFolder("ofa-encoder", read, () => folder?.click());

  return (
    <section aria-labelledby="encoder-heading">
      <h3 id="encoder-heading">{t.setup.encoder}</h3>
      <ul class="ways">
        <OwnWays served={props.served} from={props.current.from} onChoose={props.onChoose} />
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
        <FromAddress
          part="encoder"
          label={t.setup.url}
          isInUse={props.current.from === "hub" && props.current.url !== HUB_ENCODER.url}
          onChoose={(url) => props.onChoose({ from: "hub", url, name: url })}
        />
      </ul>
    </section>
  );
}
