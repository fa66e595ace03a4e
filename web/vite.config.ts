import solid from "vite-plugin-solid";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative, so that the built page works in any folder of any static host.
  base: "./",
  plugins: [solid()],
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
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
