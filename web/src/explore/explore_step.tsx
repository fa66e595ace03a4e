import type { JSX } from "solid-js";

export default function ExploreStep(): JSX.Element {
  return <section />;
}
