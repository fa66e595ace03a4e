// Whether what takes the records' features can be had.

import type { Session } from "../session/session";

/** Not where their scores alone came with the dataset. */
export function hasFeatures(session: Session): boolean {
  return session.features() !== undefined || session.run() === "done";
}
