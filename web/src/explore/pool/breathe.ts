// Long work on the page's own thread, in portions.

/** Lets the browser do what waits: input, a frame. */
export function breathe(): Promise<void> {
  // Messages come without the delay that nested timers get.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
