// The policy of content-security-policy.txt in the built page, for hosts that send no header.

import { readFileSync } from "node:fs";

import type { Plugin } from "vite";

const POLICY = new URL("../content-security-policy.txt", import.meta.url);

/** Browsers take this one from headers alone, and say so in the console. */
const HEADER_ONLY = "frame-ancestors";

/** Puts the policy into the page that is built. The server for development has scripts of its own in it. */
export function contentSecurityPolicy(): Plugin {
  return {
    name: "ofa-content-security-policy",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: () => {
        const lines = readFileSync(POLICY, "utf8").split("\n");
        const directives = lines.filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith(HEADER_ONLY));
        const attrs = { "http-equiv": "Content-Security-Policy", content: directives.join("; ") };
        return [{ tag: "meta", attrs, injectTo: "head-prepend" }];
      },
    },
  };
}
