// Work for the screen, once a frame at most however often it is asked for.

/** How often the screen is brought up to date while nobody sees it: the title still tells how far a run is. */
const HIDDEN_MS = 500;

/** Something that is done at the next frame, or at once. */
export interface EachFrame {
  /** Asks for it. */
  ask(): void;
  /** Does it now, where it was asked for. */
  flush(): void;
}

/** Makes `work` wait for the next frame, once for all that ask before. */
export function eachFrame(work: () => void): EachFrame {
  let cancel: (() => void) | undefined;
  const now = (): void => {
    cancel = undefined;
    work();
  };
  return {
    ask: () => {
      if (cancel !== undefined) {
        return;
      }
      // There are no frames in a tab that is hidden.
      if (document.hidden) {
        const timer = setTimeout(now, HIDDEN_MS);
        cancel = () => clearTimeout(timer);
      } else {
        // A tab that is hidden before the frame comes would wait for it until it is seen again.
        const timer = setTimeout(() => {
          cancelAnimationFrame(frame);
          now();
        }, HIDDEN_MS);
        const frame = requestAnimationFrame(() => {
          clearTimeout(timer);
          now();
        });
        cancel = () => {
          cancelAnimationFrame(frame);
          clearTimeout(timer);
        };
      }
    },
    flush: () => {
      if (cancel !== undefined) {
        cancel();
        now();
      }
    },
  };
}
