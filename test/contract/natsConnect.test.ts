/** What a real nats-server is asked at the connection, and what it holds when it is lost. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openNatsBus } from "#platform/nats/natsBus.ts";
import { eventually } from "#test/support/deadline.ts";
import { NatsServer, natsServerVersion } from "#test/support/natsServer.ts";
import type { NatsServerStart } from "#test/support/natsServer.ts";
import { silentLogger } from "#test/support/silentLogger.ts";

const version = natsServerVersion();

async function withServer(options: NatsServerStart, work: (server: NatsServer) => Promise<void>): Promise<void> {
  const server = await NatsServer.start(options);
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

const open = (url: string, more: Partial<Parameters<typeof openNatsBus>[0]> = {}): ReturnType<typeof openNatsBus> =>
  openNatsBus({
    url,
    clientName: "test",
    logger: silentLogger,
    scope: { id: randomUUID(), common: { streams: [], roots: [] } },
    allowOldServerForTests: true,
    ...more,
  });

describe.skipIf(version === undefined)(
  `a connection to nats-server ${version ?? ""} (by the tests' own allowance)`,
  () => {
    it("is refused without JetStream, and says how to start it", async () => {
      await withServer({ isWithoutJetStream: true }, async ({ url }) => {
        expect(await open(url)).toMatchObject({
          ok: false,
          error: { code: "unsupported", message: expect.stringContaining("nats-server -js") },
        });
      });
    });

    it("is refused with wrong credentials, and taken with those of the address or of a file", async () => {
      await withServer({ user: "ann", password: "right" }, async ({ url, port }) => {
        const dir = await mkdtemp(join(tmpdir(), "signalbox-creds-"));
        const file = join(dir, "nats");
        await writeFile(file, "ann:right\n");
        for (const wrong of [open(url), open(`nats://ann:wrong@127.0.0.1:${port}`)])
          expect(await wrong).toMatchObject({ ok: false, error: { code: "unauthorized" } });
        for (const right of [open(`nats://ann:right@127.0.0.1:${port}`), open(url, { credentialsFile: file })]) {
          const opened = await right;
          expect(opened).toMatchObject({ ok: true });
          if (opened.ok) await opened.value.bus.close();
        }
        expect(await open(url, { credentialsFile: join(dir, "none") })).toMatchObject({
          ok: false,
          error: { code: "not_found" },
        });
        await rm(dir, { recursive: true });
      });
    });

    it("holds what is published while the server is gone, in order and once, and refuses it after its time", async () => {
      await withServer({}, async (server) => {
        const opened = await open(server.url, { holdMs: 15_000 });
        if (!opened.ok) throw new Error(opened.error.message);
        const { bus, link } = opened.value;
        await bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"] });
        await bus.publish({ subject: "orders.new", data: "0" });
        await server.kill();
        await eventually("the loss is noticed", () => link.state === "reconnecting");
        const held = Array.from({ length: 20 }, (_, n) => bus.publish({ subject: "orders.new", data: String(n + 1) }));
        await server.startAgain();
        expect((await Promise.all(held)).every((one) => one.ok)).toBe(true);
        expect(link.state).toBe("connected");
        const read = await bus.read({ stream: "ORDERS", limit: 100 });
        expect(read.ok && read.value.map(({ data }) => data)).toEqual(Array.from({ length: 21 }, (_, n) => String(n)));
        await bus.close();

        const hasty = await open(server.url, { holdMs: 200 });
        if (!hasty.ok) throw new Error(hasty.error.message);
        await server.kill();
        await eventually("the loss is noticed again", () => hasty.value.link.state === "reconnecting");
        expect(await hasty.value.bus.publish({ subject: "orders.new", data: "late" })).toMatchObject({
          ok: false,
          error: { code: "disconnected", message: expect.stringContaining("was not confirmed") },
        });
        await hasty.value.bus.close();
      });
    });
  },
);
