// The whole page takes drops, except where a part of it does.

import { createSignal, onCleanup, onMount, Show, type JSX } from "solid-js";

import { t } from "../messages";
import { takeDrop, type Dropped } from "./files/dropped";

/** Listens for drops anywhere on the page, and shows that it does while something is dragged over it. */
export function DropTarget(props: { onDrop: (dropped: Promise<Dropped>) => void }): JSX.Element {
  const [isOver, setIsOver] = createSignal(false);

  const over = (event: DragEvent): void => {
    // A part of the page that takes drops itself says so by having prevented what the browser would do.
    const isTaken = event.defaultPrevented;
    // Without this the browser would leave the page for the file.
    event.preventDefault();
    if (event.dataTransfer !== null && !isWithinField(event)) {
      event.dataTransfer.dropEffect = "copy";
    }
    setIsOver(!isTaken);
  };
  const leave = (event: DragEvent): void => {
    // Of all the elements that are left, the page itself is the one without another in its place.
    if (event.relatedTarget === null) {
      setIsOver(false);
    }
  };
  const drop = (event: DragEvent): void => {
    setIsOver(false);
    if (event.defaultPrevented || event.dataTransfer === null || (isWithinField(event) && event.dataTransfer.files.length === 0)) {
      return;
    }
    event.preventDefault();
    props.onDrop(takeDrop(event.dataTransfer));
  };

  onMount(() => {
    const listeners = { dragenter: over, dragover: over, dragleave: leave, drop };
    for (const [type, listener] of Object.entries(listeners)) {
      window.addEventListener(type, listener as EventListener);
      onCleanup(() => window.removeEventListener(type, listener as EventListener));
    }
  });

  return (
    <Show when={isOver()}>
      <div class="drop-overlay" aria-hidden="true">
        <p>{t.data.dropNow}</p>
      </div>
    </Show>
  );
}

/** Text that is dragged into a field of text belongs there. */
function isWithinField(event: DragEvent): boolean {
  return event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
}
