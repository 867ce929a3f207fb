/** EVENTS: the event log as a stream, for durable consumers like any other; nobody publishes to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hear } from "#shared/model/catalogue/message.ts";
import { eventually } from "#test/support/deadline.ts";
import { openSqliteBus } from "./messageBusEngines.ts";
import type { SqliteBus } from "./messageBusEngines.ts";
import { heardBy } from "./messageBusRig.ts";

let dir: string;
let opened: SqliteBus;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "signalbox-events-"));
  opened = await openSqliteBus(dir);
});

afterEach(async () => {
  await opened.close();
  await rm(dir, { recursive: true, force: true });
});

function happen(...subjects: readonly string[]): void {
  opened.store.transact({
    actor: "system",
    work: (tx) => subjects.forEach((subject, n) => tx.append({ subject, type: "agent.exited", data: { n } })),
  });
}

describe("the stream EVENTS", () => {
  it("gives events as CloudEvents envelopes under the log's own numbers", async () => {
    happen("ws.shop.agent.api.exited", "sys.app.started");
    const read = await opened.bus.read({ stream: "EVENTS", limit: 10 });
    const messages = read.ok ? read.value : [];
    expect(messages.map(({ seq, subject }) => [seq, subject])).toEqual([
      [1, "ws.shop.agent.api.exited"],
      [2, "sys.app.started"],
    ]);
    expect(JSON.parse(messages[0]?.data ?? "")).toEqual({
      specversion: "1.0",
      id: "event-1",
      source: "signalbox/events",
      type: "agent.exited",
      subject: "ws.shop.agent.api.exited",
      time: messages[0]?.time,
      datacontenttype: "application/json",
      actor: "system",
      data: { n: 0 },
    });
    const streams = await opened.bus.streams();
    expect(streams.ok && streams.value.find(({ name }) => name === "EVENTS")).toMatchObject({
      isReadOnly: true,
      messages: 2,
      lastSeq: 2,
    });
  });

  it("lets an event that was stored in an older version be heard in the current one", async () => {
    const scheduled = { path: "shop/api", attempt: 2, supervisor: "shop" };
    opened.store.transact({
      actor: "supervisor",
      work: (tx) =>
        void tx.append({
          subject: "ws.shop.agent.api.restart_scheduled",
          type: "agent.restart_scheduled",
          data: { ...scheduled, delayMs: 403.7 },
        }),
    });
    const read = await opened.bus.read({ stream: "EVENTS", limit: 10 });
    const heard = hear(read.ok ? (read.value[0]?.data ?? "") : "");
    expect(heard).toMatchObject({ ok: true, value: { saidIn: 1, data: { ...scheduled, delayMs: 404 } } });
  });

  it("has durable consumers with filters that go on where they were, after a restart too", async () => {
    happen("ws.shop.agent.api.exited", "ws.shop.agent.web.exited", "sys.app.started");
    const made = await opened.bus.ensureConsumer("EVENTS", { name: "exits", filters: ["ws.*.agent.*.exited"] });
    expect(made).toMatchObject({ ok: true, value: { lag: 2 } });
    const heard = heardBy(opened.bus, "EVENTS", "exits");
    await eventually("two came", () => heard.length === 2);
    happen("ws.shop.agent.api.exited", "sys.app.stopping");
    await eventually("the third came live", () => heard.length === 3);
    await opened.close();
    opened = await openSqliteBus(dir);
    happen("ws.shop.agent.db.exited");
    const again = heardBy(opened.bus, "EVENTS", "exits");
    await eventually("the fourth came", () => again.length === 1);
    expect(again.map((data) => (JSON.parse(data) as { subject: string }).subject)).toEqual(["ws.shop.agent.db.exited"]);
  });

  it("begins where a deliver policy says, and finds the first event of a time", async () => {
    happen("ws.a.agent.x.exited", "ws.b.agent.x.exited", "ws.a.agent.x.exited");
    await opened.bus.ensureConsumer("EVENTS", { name: "each", deliver: "last_per_subject" });
    const heard = heardBy(opened.bus, "EVENTS", "each");
    await eventually("the last of each came", () => heard.length === 2);
    expect(heard.map((data) => (JSON.parse(data) as { id: string }).id)).toEqual(["event-2", "event-3"]);
    const since = await opened.bus.read({ stream: "EVENTS", since: "2020-01-01T00:00:00Z", limit: 10 });
    const later = await opened.bus.read({ stream: "EVENTS", since: "2999-01-01T00:00:00Z", limit: 10 });
    expect([since.ok && since.value.length, later.ok && later.value.length]).toEqual([3, 0]);
  });

  it("refuses publishing, and another stream with its subjects", async () => {
    const published = await opened.bus.publish({ subject: "ws.shop.agent.api.exited", data: "{}" });
    expect(published).toMatchObject({ ok: false, error: { code: "forbidden" } });
    const ensured = await opened.bus.ensureStream({ name: "MINE", subjects: ["ws.shop.>"] });
    expect(ensured).toMatchObject({ ok: false, error: { code: "conflict" } });
  });

  it("tells live listeners", async () => {
    const heard: string[] = [];
    opened.bus.listen("ws.*.agent.>", ({ subject }) => heard.push(subject));
    happen("ws.shop.agent.api.exited", "sys.app.started");
    await eventually("it came", () => heard.length > 0);
    expect(heard).toEqual(["ws.shop.agent.api.exited"]);
  });
});
