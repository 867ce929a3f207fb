/** Browser: fetches a page over HTTP and reads its title, its links and its price. It serves the example's own pages on this machine. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { answer, failure, serve } from "./serve.js";

const pages = join(import.meta.dirname, "..", "pages");
const shop = createServer((request, response) => void show((request.url ?? "/").slice(1), response));

/** @param {string} name @param {import("node:http").ServerResponse} response */
async function show(name, response) {
  try {
    if (!/^[a-z0-9-]+\.html$/.test(name)) throw new Error("no such page");
    const page = await readFile(join(pages, name));
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  } catch {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is no such page.");
  }
}

await new Promise((resolve) => shop.listen(0, "127.0.0.1", () => resolve(undefined)));
shop.unref();

await serve("browser", (server) => {
  server.registerTool(
    "read_page",
    {
      title: "Read a page",
      description: "Fetches a page of the example's shop, which is served on this machine, and reads its title, text and price.",
      inputSchema: z.object({ page: z.string().regex(/^[a-z0-9-]+\.html$/, "a page such as lamp.html") }),
      outputSchema: z.object({
        url: z.string(),
        status: z.number(),
        title: z.string(),
        asked: z.number().nullable(),
        text: z.string(),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ page }) => {
      const address = shop.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const response = await fetch(`http://127.0.0.1:${port}/${page}`);
      const html = await response.text();
      if (!response.ok) return failure(`not found: the shop answered ${response.status} for ${page}.`);
      return answer({ url: `shop/${page}`, status: response.status, ...read(html) });
    },
  );
});

function read(html) {
  const title = /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "";
  const price = /data-price="(\d+)"/.exec(html)?.[1];
  const body = html.replace(/^[\s\S]*<body>/, "").replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ").trim();
  return { title, asked: price === undefined ? null : Number(price), text: body.slice(0, 2000) };
}
