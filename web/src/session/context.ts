// The session, for every component.

import { createContext, useContext } from "solid-js";

import type { Session } from "./session";

export const SessionContext = createContext<Session>();

/** The page's session. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) {
    throw new Error("a component was used outside of the session");
  }
  return session;
}
