// Keeping the page for when there is no network.

/** How long a worker has to be there when it is needed, in milliseconds. */
const PATIENCE = 2_000;

/**
 * Has the browser keep the page, once it has nothing better to do. Where it keeps nothing, or the user saves data, the
 * page works all the same. The server for development has no such worker: it would serve what was.
 */
export function keepForOffline(): void {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (!import.meta.env.PROD || !("serviceWorker" in navigator) || connection?.saveData === true) {
    return;
  }
  const install = (): void => {
    // Denied storage is no fault of the page, and nothing that its user could do something about.
    navigator.serviceWorker.register("./service_worker.js", { updateViaCache: "none" }).catch(() => undefined);
  };
  if (document.readyState === "complete") {
    install();
  } else {
    addEventListener("load", install, { once: true });
  }
}

/** The worker of this page; `undefined` where there is none. */
export async function serviceWorker(): Promise<ServiceWorker | undefined> {
  if (!("serviceWorker" in navigator)) {
    return undefined;
  }
  const { controller } = navigator.serviceWorker;
  if (controller !== null) {
    return controller;
  }
  // On the first visit it has just been installed, and takes the next navigation.
  const registered = await navigator.serviceWorker.getRegistration().catch(() => undefined);
  if (registered === undefined) {
    return undefined;
  }
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE, undefined));
  const ready = await Promise.race([navigator.serviceWorker.ready, late]);
  return ready?.active ?? undefined;
}
