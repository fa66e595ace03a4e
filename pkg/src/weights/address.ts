// Where an encoder is fetched from: a folder's address, checked before anything is asked of it.

import { OfaError } from "../errors.js";

/** Hosts whose model pages are taken for the folder of files that they show. */
const MODEL_HUBS = ["huggingface.co", "hf.co"];

/**
 * The folder that an encoder's files lie in, with a slash at the end of its path.
 *
 * `url` has to be absolute, unless `base` is given to resolve it against: a worker's own address
 * is that of its script, so the page resolves what its user wrote. The address of the folder's
 * `ofa-encoder.json` or `config.json` stands for the folder, that of a model's page on the Hugging
 * Face hub for its files on `main`.
 *
 * @throws OfaError `bad_option`: no address, not http or https, or http where a browser refuses it.
 */
export function folderAddress(url: string, base?: string): URL {
  let address: URL;
  try {
    address = new URL(url, base);
  } catch (cause) {
    throw new OfaError(
      "bad_option",
      `encoder.url: expected the address of a folder, such as https://example.org/encoder/, found "${url}"`,
      { cause },
    );
  }
  if (address.protocol !== "https:" && address.protocol !== "http:") {
    throw new OfaError(
      "bad_option",
      `encoder.url: expected an address that begins with https:, found ${address.protocol} in "${url}"`,
    );
  }
  // Browsers block such requests without saying why, so it is said here.
  if (address.protocol === "http:" && !isLoopback(address.hostname) && isSecurePage()) {
    throw new OfaError(
      "bad_option",
      `encoder.url: "${url}" begins with http:, and this page came by https:, where browsers block ` +
        "such requests as mixed content; serve the encoder by https:, or from the page's own origin",
    );
  }
  address.hash = "";
  address.pathname = (filesOfModelPage(address) ?? address.pathname).replace(
    /\/(?:ofa-encoder|config)\.json$/u,
    "/",
  );
  if (!address.pathname.endsWith("/")) {
    address.pathname += "/";
  }
  return address;
}

/** The address of a file in a folder; a query of the folder, such as a signature, is kept. */
export function fileAddress(folder: URL, name: string): URL {
  const address = new URL(encodeURIComponent(name), folder);
  address.search = folder.search;
  return address;
}

/** An address as messages show it: a query may hold a signature, which is nobody's business. */
export function shown(address: URL): string {
  return `${address.origin}${address.pathname}`;
}

/** Whether a name is that of a file beside others, and leads nowhere else. */
export function isPlainName(name: unknown): name is string {
  return (
    typeof name === "string" &&
    name.length > 0 &&
    name.length <= 255 &&
    name !== "." &&
    name !== ".." &&
    !/[/\\:\u0000-\u001f]/u.test(name)
  );
}

function filesOfModelPage(address: URL): string | undefined {
  if (!MODEL_HUBS.includes(address.hostname)) {
    return undefined;
  }
  const [owner, model, view, ...rest] = address.pathname.split("/").filter((part) => part !== "");
  if (owner === undefined || model === undefined) {
    return undefined;
  }
  if (view === undefined) {
    return `/${owner}/${model}/resolve/main/`;
  }
  return view === "tree" ? `/${[owner, model, "resolve", ...rest].join("/")}/` : undefined;
}

/** The hosts that browsers trust without https. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/u.test(hostname)
  );
}

function isSecurePage(): boolean {
  // Not `location`: that of a worker made from a blob says nothing of the page.
  const { origin } = globalThis as { origin?: string };
  return origin?.startsWith("https:") ?? false;
}
