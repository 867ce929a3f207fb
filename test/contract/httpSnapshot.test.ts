/** A snapshot under its address: behind the same guard and token as every route, and exactly what its hash is of. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { canonicalJson } from "#shared/lib/canonicalJson.ts";
import { createHttpServer } from "#rpc/transports/http.ts";
import type { HttpServer } from "#rpc/transports/http.ts";
import { fileTokenStore } from "#rpc/transports/fileTokenStore.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { must, openMemory, PERSON } from "#test/support/memoryRig.ts";
import type { MemoryRig } from "#test/support/memoryRig.ts";
import { SERVE } from "./transports.ts";

let dir: string;
let rig: MemoryRig;
let server: HttpServer;
let headers: Record<string, string>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "signalbox-snapshot-"));
  rig = await openMemory();
  const opened = await createHttpServer({
    port: 0,
    rendererDir: dir,
    handlers: fakeHandlers({ queries: { "snapshot.get": async ({ id }) => rig.memory.showSnapshot(id) } }),
    serve: SERVE,
    tokens: fileTokenStore(join(dir, "tokens.json")),
    logger: keptLog(),
  });
  server = must(opened);
  const response = await fetch(`${server.url}/auth/exchange`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: new URL(server.mintCode().url).hash.slice("#code=".length) }),
  });
  const { token } = (await response.json()) as { token: string };
  headers = { authorization: `Bearer ${token}` };
});
afterAll(async () => {
  await server.close();
  rig.close();
  rmSync(dir, { recursive: true });
});

it("is read with a token, and what is read has its address for a hash", async () => {
  must(rig.memory.upsertContext({ id: "job", set: [{ name: "price", value: 120 }], remove: [] }, PERSON));
  const { url } = must(await rig.memory.snapshot("job", PERSON));
  const hash = url.slice("signalbox://snapshot/".length);
  expect((await fetch(`${server.url}/snapshot/${hash}`)).status).toBe(401);
  const response = await fetch(`${server.url}/snapshot/${hash}`, { headers });
  expect(response.status).toBe(200);
  expect(
    createHash("sha256")
      .update(canonicalJson(await response.json()))
      .digest("hex"),
  ).toBe(hash);
  expect((await fetch(`${server.url}/snapshot/${hash}`, { headers, method: "POST" })).status).toBe(405);
});

it("is refused where it is none, or damaged", async () => {
  for (const path of [`/snapshot/${"0".repeat(64)}`, "/snapshot/x", "/snapshot/", "/snapshot/..%2f..%2fetc"])
    expect([path, (await fetch(`${server.url}${path}`, { headers })).status]).toEqual([path, 404]);
  const { id } = must(await rig.memory.snapshot("job", PERSON));
  rig.database.run("UPDATE snapshots SET data = '{}'");
  const response = await fetch(`${server.url}/snapshot/${id.slice(5)}`, { headers });
  expect([response.status, JSON.stringify(await response.json()).includes("damaged")]).toEqual([503, true]);
});
