// The settings that an address says, each checked. What cannot be used is said, and nothing fails for it.

import type { MultiImage } from "ofa";

import { t } from "../messages";
import type { Request } from "../session/request";
import type { Setup } from "../session/setup";
import { ENCODING_FIELDS, readSeveralImages } from "./encoding_fields";
import { leftOutOf, readRequestField, REQUEST_FIELDS, Unusable } from "./request_fields";
import { readSetupField, SETUP_FIELDS, type Suggestion } from "./setup_fields";

/** What an address says. */
export interface AddressSettings {
  request: Partial<Request>;
  setup: Partial<Setup>;
  /** What becomes of records with several images; `undefined` where it does not say. */
  multiImage: MultiImage | undefined;
  /** Parts of the setup that are chosen: what the server offers does not take their place. */
  decided: ReadonlySet<"encoder" | "selector">;
  /** Whether the demo's dataset is to be opened. */
  wantsDemo: boolean;
  suggestions: readonly Suggestion[];
  /** What could not be used, in words. */
  problems: readonly string[];
}

/** The field that names a dataset; there is one that has an address. */
export const DATA = "data";
export const DEMO = "demo";

/** Whether a fragment holds settings: others lead to a place on the page. */
export function holdsSettings(fragment: string): boolean {
  return fragment.includes("=");
}

/** Reads the fragment of an address, with or without its `#`. `base` is the page's own address. */
export function readAddress(fragment: string, base: string): AddressSettings {
  const settings = {
    request: {} as Partial<Request>,
    setup: {} as Partial<Setup>,
    multiImage: undefined as MultiImage | undefined,
    decided: new Set<"encoder" | "selector">(),
    wantsDemo: false,
    suggestions: [] as Suggestion[],
    problems: [] as string[],
  };
  if (!holdsSettings(fragment)) {
    return settings;
  }
  const fields = new URLSearchParams(fragment.replace(/^#/u, ""));
  let leftOut = 0;
  for (const [name, text] of fields) {
    if (leftOutOf(name, text) > 0) {
      leftOut += leftOutOf(name, text);
      continue;
    }
    try {
      if (name === DATA) {
        if (text !== DEMO) {
          throw new Unusable(DEMO);
        }
        settings.wantsDemo = true;
      } else if (SETUP_FIELDS.includes(name)) {
        takeSetup(settings, readSetupField(name, text, base));
      } else if (ENCODING_FIELDS.includes(name)) {
        settings.multiImage = readSeveralImages(text);
      } else if (!REQUEST_FIELDS.includes(name)) {
        settings.problems.push(t.address.unknown(shortened(name)));
      } else if (name === "count" && fields.has("ratio")) {
        settings.problems.push(t.address.both);
      } else {
        Object.assign(settings.request, readRequestField(name, text));
      }
    } catch (error) {
      if (!(error instanceof Unusable)) {
        throw error;
      }
      settings.problems.push(t.address.invalid(name, shortened(text), error.expected));
    }
  }
  if (leftOut > 0) {
    settings.problems.push(t.address.tooMany(leftOut));
  }
  return settings;
}

function takeSetup(
  settings: { setup: Partial<Setup>; decided: Set<"encoder" | "selector">; suggestions: Suggestion[] },
  field: ReturnType<typeof readSetupField>,
): void {
  if (field.part === "backend") {
    settings.setup.backend = field.backend;
  } else if (field.from === "elsewhere") {
    settings.suggestions.push(field.suggestion);
  } else if (field.from === "url") {
    settings.decided.add(field.part);
    const name = new URL(field.url).pathname.split("/").filter((part) => part !== "").at(-1) ?? field.url;
    if (field.part === "encoder") {
      settings.setup.encoder = { from: "server", url: field.url, name };
    } else {
      settings.setup.selector = { from: "server", url: field.url, name };
    }
  } else if (field.from === "demo") {
    settings.decided.add(field.part);
  }
}

/** As much of a text as fits into a sentence. */
function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
