// The address says the settings: it follows them, and they follow it where the user changes it.

import { createEffect, createSignal, on, onCleanup, type Accessor } from "solid-js";

import { served } from "../data/setup/served_parts";
import { t } from "../messages";
import type { Session } from "../session/session";
import { isDemo } from "./demo_data";
import { encodingFields } from "./encoding_fields";
import { DATA, DEMO, holdsSettings, readAddress, type AddressSettings } from "./read_address";
import { requestFields } from "./request_fields";
import { setupFields, type Suggestion } from "./setup_fields";

/** How long settings stay as they are before the address says them: browsers refuse hundreds of changes a minute. */
const SETTLED_MS = 400;

/** What the user is still to be told or asked of an address. */
export interface Address {
  problems: Accessor<readonly string[]>;
  suggestions: Accessor<readonly Suggestion[]>;
  /** Takes what is suggested, to be fetched when it is needed. */
  accept(suggestion: Suggestion): Promise<void>;
  refuse(suggestion: Suggestion): void;
  dismissProblems(): void;
}

/** The settings of the page's address as it was opened. */
export function openedWith(): AddressSettings {
  return readAddress(location.hash, document.baseURI);
}

/** Keeps a session and the address together. `opened` is what the session was made with. */
export function followAddress(session: Session, opened: AddressSettings): Address {
  const [problems, setProblems] = createSignal(opened.problems);
  const [suggestions, setSuggestions] = createSignal(opened.suggestions);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = (): void => {
    // What the user has not answered yet would be lost.
    if (suggestions().length > 0) {
      return;
    }
    const offers = { encoder: served().encoder !== undefined, selector: served().selector !== undefined };
    const data: [string, string][] = isDemo(session.input()) ? [[DATA, DEMO]] : [];
    const fields = new URLSearchParams([
      ...data,
      ...requestFields(session.request()),
      ...encodingFields(session.multiImage()),
      ...setupFields(session.setup(), offers),
    ]);
    // As people read it; none of these ends a fragment.
    const text = fields.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/");
    const address = `${location.pathname}${location.search}${text === "" ? "" : `#${text}`}`;
    if (address !== `${location.pathname}${location.search}${location.hash}`) {
      history.replaceState(history.state, "", address);
    }
  };
  createEffect(
    on(
      [session.request, session.multiImage, session.setup, session.input],
      () => {
        clearTimeout(timer);
        timer = setTimeout(write, SETTLED_MS);
      },
      { defer: true },
    ),
  );

  const follow = (): void => {
    if (!holdsSettings(location.hash)) {
      // A link to a place on the page.
      write();
      return;
    }
    const settings = readAddress(location.hash, document.baseURI);
    const { multiImage } = settings;
    const isChanged = multiImage !== undefined && multiImage !== session.multiImage();
    // Scores that are there, or are being made, are of the other way.
    const isLate = session.phase() === "running" || session.scores() !== undefined;
    setProblems([...settings.problems, ...(isChanged && isLate ? [t.address.late] : [])]);
    setSuggestions(settings.suggestions);
    if (isChanged && !isLate) {
      session.setMultiImage(multiImage);
    }
    session.ask(settings.request);
    if (Object.keys(settings.setup).length > 0) {
      void session.change(settings.setup, { isLater: true });
    }
  };
  addEventListener("hashchange", follow);
  onCleanup(() => {
    clearTimeout(timer);
    removeEventListener("hashchange", follow);
  });

  const refuse = (suggestion: Suggestion): void => {
    setSuggestions((all) => all.filter((other) => other !== suggestion));
    write();
  };
  return {
    problems,
    suggestions,
    accept: async (suggestion) => {
      const { part, url } = suggestion;
      refuse(suggestion);
      const name = new URL(url).pathname.split("/").filter((word) => word !== "").slice(0, 2).join("/");
      await session.change(part === "encoder" ? { encoder: { from: "hub", url, name } } : { selector: { from: "url", url } }, {
        isLater: true,
      });
    },
    refuse,
    dismissProblems: () => {
      setProblems([]);
      write();
    },
  };
}
