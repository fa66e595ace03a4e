// What the page computes with, as fields of an address. Files of this machine have no address.

import { ALLOWED_HOSTS, mayFetch } from "../data/setup/allowed_hosts";
import { t } from "../messages";
import type { Setup } from "../session/setup";
import { Unusable } from "./request_fields";

/** Where something would be fetched from that is not this page's server: only once the user agrees. */
export interface Suggestion {
  part: "encoder" | "selector";
  url: string;
  host: string;
}

/** What a field says of the setup. */
export type SetupField =
  | { part: "backend"; backend: Setup["backend"] }
  /** The bundled one, or that of this page's server. */
  | { part: "encoder" | "selector"; from: "demo" | "server" }
  | { part: "encoder" | "selector"; from: "url"; url: string }
  | { part: "encoder" | "selector"; from: "elsewhere"; suggestion: Suggestion };

const { expected } = t.address;

/** The names of the fields. */
export const SETUP_FIELDS: readonly string[] = ["backend", "encoder", "selector"];

const BACKENDS: readonly Setup["backend"][] = ["auto", "cpu", "webgpu"];

/**
 * What a field says.
 *
 * @param base the page's own address.
 * @throws Unusable where it says nothing that the setting can be.
 */
export function readSetupField(name: string, text: string, base: string): SetupField {
  if (name === "backend") {
    const backend = BACKENDS.find((known) => known === text);
    if (backend === undefined) {
      throw new Unusable(expected.oneOf(BACKENDS));
    }
    return { part: "backend", backend };
  }
  const part = name === "encoder" ? "encoder" : "selector";
  if (text === "demo" || text === "server") {
    return { part, from: text };
  }
  const url = addressOf(text, base);
  if (url.origin === new URL(base).origin) {
    return { part, from: "url", url: url.href };
  }
  return { part, from: "elsewhere", suggestion: { part, url: url.href, host: url.host } };
}

/** The fields of a setup. `offers`: whether the server has one of its own, which is taken where nothing is said. */
export function setupFields({ backend, encoder, selector }: Setup, offers: { encoder: boolean; selector: boolean }): [string, string][] {
  const fields: [string, string | undefined][] = [
    ["backend", backend === "auto" ? undefined : backend],
    ["encoder", encoder.from === "demo" && offers.encoder ? "demo" : encoder.from === "hub" ? encoder.url : undefined],
    ["selector", selector.from === "demo" && offers.selector ? "demo" : selector.from === "url" ? selector.url : undefined],
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined);
}

function addressOf(text: string, base: string): URL {
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    throw new Unusable(expected.source);
  }
  const isOwn = url.origin === new URL(base).origin;
  if (!isOwn && url.protocol !== "https:") {
    throw new Unusable(expected.source);
  }
  if (!mayFetch(url.href, base)) {
    throw new Unusable(expected.host(ALLOWED_HOSTS));
  }
  return url;
}
