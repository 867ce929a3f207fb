/** Serves the demo page with vite on loopback: `node test/support/demoCore/serve.ts` prints the address. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { createServer, type ViteDevServer } from "vite";

const repo = fileURLToPath(new URL("../../..", import.meta.url));

/** `port` 0 takes a free one. */
export async function serveDemo(port = 0): Promise<{ readonly server: ViteDevServer; readonly url: string }> {
  const server = await createServer({
    root: fileURLToPath(new URL("./page", import.meta.url)),
    configFile: false,
    cacheDir: `${repo}/.cache/vite-demo`,
    plugins: [react()],
    logLevel: "warn",
    server: { host: "127.0.0.1", port, hmr: false, watch: null, fs: { allow: [repo] } },
  });
  await server.listen();
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("vite gave no address");
  return { server, url };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serveDemo(Number(process.env["PORT"] ?? 0));
  process.stdout.write(`${url}\n`);
}
