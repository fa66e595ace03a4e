import solid from "vite-plugin-solid";
import { defineConfig } from "vite";

import { contentSecurityPolicy } from "./build/content_security_policy";
import { serviceWorker } from "./build/service_worker";

export default defineConfig({
  // Relative, so that the built page works in any folder of any static host.
  base: "./",
  plugins: [solid(), contentSecurityPolicy(), serviceWorker()],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    // The policy allows no script within the page, and images from its own host.
    assetsInlineLimit: 0,
    // What the first load is made of is measured with it.
    manifest: true,
  },
  // The package starts module workers that load further modules.
  worker: { format: "es" },
  optimizeDeps: { exclude: ["ofa"] },
  server: {
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
});
