import type { JSX } from "solid-js";

export function RunStep(): JSX.Element {
  return <section />;
}
