// Which hosts the page may fetch from beside its own: its policy says so, and the browser holds it to that.

import policy from "../../../content-security-policy.txt?raw";

/** As the policy names them: `huggingface.co`, or `*.hf.co` for every host below one. */
export const ALLOWED_HOSTS: readonly string[] = (/^connect-src (.+)$/mu.exec(policy)?.[1] ?? "")
  .split(" ")
  .filter((source) => source.startsWith("https://"))
  .map((source) => source.slice("https://".length));

/** Whether the page may fetch from an address. `base` is the page's own. */
export function mayFetch(url: string, base: string): boolean {
  const { protocol, host, origin } = new URL(url);
  if (origin === new URL(base).origin) {
    return true;
  }
  return protocol === "https:" && ALLOWED_HOSTS.some((name) => (name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name));
}
