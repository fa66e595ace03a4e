// An encoder or a selector from an address that somebody types.

import { createSignal, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { ALLOWED_HOSTS, mayFetch } from "./allowed_hosts";
import { hostOf } from "./host";
import { Way } from "./way";

/** The field and its button, and what to do where the page may not fetch from there. */
export function FromAddress(props: {
  part: "encoder" | "selector";
  label: string;
  isInUse: boolean;
  onChoose: (url: string) => void;
}): JSX.Element {
  const [url, setUrl] = createSignal("");
  const host = (): string => hostOf(url());
  const isRefused = (): boolean => host() !== "" && !mayFetch(url(), document.baseURI);
  const hint = (): string => [t.setup.urlHint(ALLOWED_HOSTS), ...(props.part === "encoder" ? [t.setup.urlSize] : [])].join(" ");
  return (
    <Way name={t.setup.fromUrl} hint={hint()} isInUse={props.isInUse} inUse={t.setup.inUse}>
      <input
        type="url"
        name={`${props.part}-url`}
        aria-label={props.label}
        aria-describedby={`${props.part}-url-refused`}
        placeholder="https://"
        value={url()}
        onInput={(event) => setUrl(event.currentTarget.value)}
      />
      <button type="button" disabled={host() === "" || isRefused()} onClick={() => props.onChoose(url())}>
        {t.setup.urlButton(host())}
      </button>
      <p id={`${props.part}-url-refused`} class="way-refused" role="status">
        <Show when={isRefused()}>{t.setup.urlRefused[props.part](host())}</Show>
      </p>
    </Way>
  );
}
