import type { JSX } from "solid-js";

export default function TakeStep(): JSX.Element {
  return <section />;
}
