// What the server of this page has beside it: an encoder, a selector, or neither.

/** A file or folder of this server. */
export interface ServedPart {
  url: string;
  name: string;
}

/** What this server lists. */
export interface Served {
  encoder?: ServedPart;
  selector?: ServedPart;
}

/** Asks this page's server. One that says nothing has nothing. */
export async function askServer(): Promise<Served> {
  try {
    const response = await fetch("./served.json");
    if (!response.ok) {
      return {};
    }
    const { encoder, selector } = (await response.json()) as Record<keyof Served, unknown>;
    return { ...(isPart(encoder) ? { encoder } : {}), ...(isPart(selector) ? { selector } : {}) };
  } catch {
    return {};
  }
}

function isPart(value: unknown): value is ServedPart {
  const { url, name } = (typeof value === "object" && value !== null ? value : {}) as Partial<ServedPart>;
  return typeof url === "string" && typeof name === "string";
}
