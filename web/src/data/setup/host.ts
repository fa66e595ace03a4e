// Which host an address leads to.

/** The host of an address; empty where it is none yet. */
export function hostOf(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? host : "";
  } catch {
    return "";
  }
}
