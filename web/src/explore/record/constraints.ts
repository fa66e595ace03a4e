// Records that are in or out by hand, whatever their scores.

import type { Session } from "../../session/session";

/** What was decided of a record by hand. */
export type Constraint = "pinned" | "excluded";

/** What was decided of a record. */
export function constraintOf(session: Session, position: number): Constraint | undefined {
  const { pinned, excluded } = session.request();
  return pinned.has(position) ? "pinned" : excluded.has(position) ? "excluded" : undefined;
}

/** Pins a record, excludes it, or leaves it to its scores again. The rest of the budget is filled anew. */
export function constrain(session: Session, position: number, constraint: Constraint | undefined): void {
  const { pinned, excluded } = session.request();
  const without = (set: ReadonlySet<number>): Set<number> => {
    const rest = new Set(set);
    rest.delete(position);
    return rest;
  };
  const change = { pinned: without(pinned), excluded: without(excluded) };
  if (constraint !== undefined) {
    change[constraint].add(position);
  }
  session.ask(change);
}

/** Makes a decision, or takes it back where it stands already. */
export function toggleConstraint(session: Session, position: number, constraint: Constraint): void {
  constrain(session, position, constraintOf(session, position) === constraint ? undefined : constraint);
}
