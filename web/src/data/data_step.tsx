import type { JSX } from "solid-js";

export function DataStep(): JSX.Element {
  return <section />;
}
