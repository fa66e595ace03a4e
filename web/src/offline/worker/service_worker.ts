// Keeps the page for when there is no network, and hands streams to the browser as downloads.
//
// Everything that was built is fetched once, in the background of the first visit; what few need and is large later, see
// `kept_later`. A new version is kept beside the old
// one and takes its place when no tab of the old one is open any more, so nothing changes under a run.

import { PrecacheController, type PrecacheEntry } from "workbox-precaching";

import { KEEP_REST } from "../hand_over";
import { Downloads } from "./downloads";
import { KeptLater } from "./kept_later";

declare const self: ServiceWorkerGlobalScope;

/** Put in by the build: addresses from the page's, and what tells a version from others where the address does not. */
declare const __BUILT_FILES__: PrecacheEntry[];

/** Put in by the build: addresses from the page's that are for ever, and are kept later than the others. */
declare const __FILES_FOR_LATER__: string[];

/** How long the network has to say what an address that is not for ever stands for, in milliseconds. */
const PATIENCE = 4_000;

const files = new PrecacheController();
files.addToCacheList(__BUILT_FILES__);
const forEver = new Set(__BUILT_FILES__.filter(({ revision }) => revision === null).map(({ url }) => addressOf(url)));
const later = new KeptLater("ofa-kept-later", __FILES_FOR_LATER__.map(addressOf));
const downloads = new Downloads(addressOf("download/"));
const index = addressOf("index.html");
const served = addressOf("served.json");

self.addEventListener("install", (event) => event.waitUntil(files.install(event)));
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([files.activate(event), later.forgetOthers()])));
self.addEventListener("message", (event) => {
  if (event.data === KEEP_REST) {
    event.waitUntil(later.keepAll());
  } else {
    downloads.take(event);
  }
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.replace(/[?#].*$/u, "");
  const download = downloads.answer(address);
  if (download !== undefined) {
    event.respondWith(download);
    return;
  }
  // A part of a file is the server's to give.
  if (request.method !== "GET" || request.headers.has("range")) {
    return;
  }
  if (later.has(address)) {
    event.respondWith(later.answer(event, address));
  } else if (forEver.has(address)) {
    event.respondWith(kept(address).then((response) => response ?? fetch(request)));
  } else if (address === served) {
    // Without its server the page has nothing but its own.
    event.respondWith(fetch(request).catch(() => Response.json({})));
  } else if (address === addressOf("") || files.getCacheKeyForURL(address) !== undefined) {
    event.respondWith(newest(request, address === addressOf("") ? index : address));
  }
});

/** What the network has, or what is kept where it says nothing. */
async function newest(request: Request, address: string): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), PATIENCE);
  try {
    // A navigation's request takes no signal with it.
    const response = await Promise.race([
      fetch(request),
      new Promise<never>((_, reject) => {
        controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error));
      }),
    ]);
    if (response.status < 500) {
      return response;
    }
    return (await kept(address)) ?? response;
  } catch (error) {
    const response = await kept(address);
    if (response === undefined) {
      throw error;
    }
    return response;
  } finally {
    clearTimeout(timer);
  }
}

function kept(address: string): Promise<Response | undefined> {
  return files.matchPrecache(address);
}

/** An address from the page's. */
function addressOf(path: string): string {
  return new URL(path, self.registration.scope).href;
}
