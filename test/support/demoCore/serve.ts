/**
 * Builds the demo page and serves it on loopback: `node test/support/demoCore/serve.ts` prints the address. Built, not
 * transformed at each look: hundreds of modules one by one took 4 s a picture, which a bundle takes once.
 */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build, preview, type InlineConfig } from "vite";

const repo = fileURLToPath(new URL("../../..", import.meta.url));

/** `port` 0 takes a free one. */
export async function serveDemo(port = 0): Promise<{ readonly close: () => Promise<void>; readonly url: string }> {
  const config: InlineConfig = {
    root: fileURLToPath(new URL("./page", import.meta.url)),
    configFile: false,
    plugins: [react()],
    logLevel: "warn",
    build: { outDir: `${repo}/.cache/demo-page`, emptyOutDir: true, target: "es2023", chunkSizeWarningLimit: 4_000 },
    preview: { host: "127.0.0.1", port },
  };
  await build(config);
  const server = await preview(config);
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("vite gave no address");
  return { close: () => server.close(), url };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serveDemo(Number(process.env["PORT"] ?? 0));
  process.stdout.write(`${url}\n`);
}
