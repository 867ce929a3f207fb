import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The page: served by the app's own protocol and by the headless server, both under a strict content policy. */
export default defineConfig({
  root: "renderer",
  base: "/",
  plugins: [react()],
  build: {
    outDir: "../out/renderer",
    emptyOutDir: true,
    target: "es2023",
    // Nothing inline: the content policy has no exception for scripts, and data: fonts would need one.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
  },
});
