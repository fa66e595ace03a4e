// A record's small picture on the page.

import { createEffect, createSignal, onCleanup, Show, type JSX } from "solid-js";

import { useThumbnails } from "./thumbnails_context";
import type { Thumbnail } from "./thumbnails";

/** The picture of a record, or its first words; nothing while it is made. */
export function ThumbnailView(props: { position: number }): JSX.Element {
  const thumbnails = useThumbnails();
  const [text, setText] = createSignal<string>();
  let canvas!: HTMLCanvasElement;

  createEffect(() => {
    const controller = new AbortController();
    onCleanup(() => controller.abort());
    setText(undefined);
    canvas.width = 0;
    void thumbnails.of(props.position, controller.signal).then((thumbnail) => {
      if (thumbnail !== undefined && !controller.signal.aborted) {
        show(thumbnail);
      }
    });
  });
  const show = (thumbnail: Thumbnail): void => {
    if ("text" in thumbnail) {
      setText(thumbnail.text);
      return;
    }
    const { bitmap } = thumbnail;
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  };
  return (
    <span class="thumbnail">
      <canvas ref={canvas} width="0" height="0" hidden={text() !== undefined} />
      <Show when={text() !== undefined}>
        <span class="words">{text()}</span>
      </Show>
    </span>
  );
}
